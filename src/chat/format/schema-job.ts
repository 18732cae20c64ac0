/** What a thread is asked: to compile a schema, or to judge a text. */
export interface SchemaJob {
  /** JSON text of the schema; null: every JSON text has the format. */
  readonly schema: string | null;
  /** The text to be judged; null: the schema is compiled only. */
  readonly text: string | null;
}

/** What a thread answers. */
export type SchemaAnswer =
  /** The schema cannot be used; `why` is for the client. */
  | { readonly is: 'refused'; readonly why: string }
  /** The schema can be used, and no text was to be judged. */
  | { readonly is: 'usable' }
  /** `ms`: how long the thread took for it. */
  | { readonly is: 'judged'; readonly valid: boolean; readonly ms: number }
  /** The text could not be judged. */
  | { readonly is: 'failed' };

export type SchemaOutcome =
  | SchemaAnswer
  /** It took too long; the thread was ended. */
  | { readonly is: 'too_long' }
  /** Too many others wait. */
  | { readonly is: 'busy' };
