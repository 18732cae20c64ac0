import type { GenerationStatus } from './generation.js';

/** What of a conversation can change, by the names of the API. */
export const CHANGED_NAMES = [
  'title',
  'system',
  'model',
  'parameters',
  'tags',
  'pinned',
  'archived',
  'active_message_id',
  'messages',
] as const;
export type ChangedName = (typeof CHANGED_NAMES)[number];

/** What happened to a conversation. */
export type ChangeEvent =
  | { readonly type: 'conversation.created' }
  | { readonly type: 'conversation.changed'; readonly changed: readonly ChangedName[] }
  | { readonly type: 'conversation.deleted' }
  /** Of every turn that is committed: when it becomes messages, and at its end. */
  | {
      readonly type: 'generation.started' | 'generation.ended';
      readonly generationId: string;
      readonly messageId: string;
      readonly status: GenerationStatus;
    };

export const CHANGE_TYPES = [
  'conversation.created',
  'conversation.changed',
  'conversation.deleted',
  'generation.started',
  'generation.ended',
] as const satisfies readonly ChangeEvent['type'][];

/** A change of a conversation, as it is recorded with the change itself. */
export interface Change {
  readonly ownerId: string;
  readonly conversationId: string;
  /** The conversation's revision after the change; of a deletion the last one. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly event: ChangeEvent;
}
