/**
 * A text that may be written under a name that is else taken for text of people, such as an id under
 * `target`.
 */
export class Disclosed {
  constructor(readonly text: string) {}
}
