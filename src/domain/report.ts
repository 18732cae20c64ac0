/** What happens to earlier messages that do not fit: they are left out, or the request is refused. */
export const TRUNCATIONS = ['auto', 'error'] as const;
export type Truncation = (typeof TRUNCATIONS)[number];

/** How much of a model's context window a turn used. */
export interface ContextUse {
  /** The context window that was asked for, in tokens. */
  readonly window: number;
  /** Messages that were sent, the new one included. */
  readonly messagesUsed: number;
  /** Earlier messages that did not fit. */
  readonly messagesLeftOut: number;
}

/** What a client should know of an answer that is otherwise as it was asked for. */
export const ANSWER_WARNINGS = ['thinking_used_all_tokens'] as const;
export type AnswerWarning = (typeof ANSWER_WARNINGS)[number];

/** What is said of an answer beside the answer; null where there is nothing to say. */
export interface AnswerReport {
  readonly context: ContextUse | null;
  /** Whether the text has the format that was asked for; null where none was, or it is not known. */
  readonly formatValid: boolean | null;
  readonly warnings: readonly AnswerWarning[] | null;
}
