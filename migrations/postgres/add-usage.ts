import { AddUsage } from '../add-usage.js';

/** A row is changed with each answer: there is room for its next version beside it. */
export class AddUsage1796256000001 extends AddUsage {
  readonly name = 'AddUsage1796256000001';
  protected readonly form = 'WITH (fillfactor = 50)';
}
