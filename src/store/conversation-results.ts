import type { ConversationSummary } from '../domain/conversation.js';

/** A change that was not made since the conversation has another revision. */
export interface ChangedMeanwhile {
  outcome: 'changed_meanwhile';
  conversation: ConversationSummary;
}

export interface Busy {
  outcome: 'busy';
  activeGenerationId: string;
}

/** `not_found`: the owner has no conversation of this id. */
type Refusal<Outcome extends string> =
  | (Outcome extends string ? { outcome: Outcome } : never)
  | { outcome: 'not_found' }
  | ChangedMeanwhile;

export type UpdateResult = { outcome: 'updated' } | Refusal<'message_not_found'>;
export type DeleteResult = { outcome: 'deleted' } | Refusal<never>;
export type DeleteMessageResult =
  | { outcome: 'deleted'; count: number }
  | Busy
  /** The system prompt is a setting. */
  | Refusal<'message_not_found' | 'system_prompt'>;
export type AppendResult = { outcome: 'appended' } | Busy | { outcome: 'not_found' };
/** `left`: how many messages it has then, of all branches, without the system prompt. */
export type TakeOutResult =
  { outcome: 'taken_out'; left: number } | Busy | { outcome: 'not_found' };
/** `busy`: the last message to copy is being written. */
export type ForkResult = { outcome: 'forked' } | Busy | Refusal<'message_not_found'>;
