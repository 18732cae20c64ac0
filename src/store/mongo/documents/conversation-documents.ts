import type {
  ConversationSummary,
  FinishReason,
  Message,
  MessageRole,
  MessageStatus,
  Usage,
} from '../../../domain/conversation.js';
import { decodeBeside } from '../../support/answer-json.js';

/**
 * A value that is unique over all owners, of something whose id is only unique for one. No id holds
 * a NUL, so the result is unambiguous.
 */
export function owned(ownerId: string, id: string): string {
  return `${ownerId}\u0000${id}`;
}

/** Id of the message at a place in a conversation, counted from 1. */
export function placeKey(conversation: string, seq: number): string {
  return `${conversation}\u0000${seq}`;
}

/**
 * A conversation. Its messages are in a collection of their own, at the places 1 to `messageCount`:
 * messages at higher places are not committed yet, and without this document no message is visible.
 */
export interface ConversationDocument {
  /** `owned(ownerId, id)`: no query reaches it without naming the owner. */
  _id: string;
  ownerId: string;
  id: string;
  title: string;
  createdAt: number;
  updatedAt: number;
  messageCount: number;
  /** Number of committed turns: a turn is committed only to the state for which it was made. */
  turns: number;
  /**
   * Null for an existing conversation. A deleted one stays as a tombstone, so that no slow writer
   * can create it again, until its generations are removed.
   */
  deletedAt: number | null;
  /** Of a tombstone: whether its texts are removed as well. */
  purged: boolean;
}

export function toSummary(
  document: ConversationDocument,
  activeGenerationId: string | null,
): ConversationSummary {
  return {
    id: document.id,
    title: document.title,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    messageCount: document.messageCount,
    activeGenerationId,
  };
}

/** A message at its place in a conversation. */
export interface MessageDocument {
  /** `placeKey(conversation, seq)`: of two writers of the same place the first one succeeds. */
  _id: string;
  /** `_id` of its conversation. */
  conversation: string;
  /** Place in the conversation, from 1 and without gaps. */
  seq: number;
  id: string;
  role: MessageRole;
  /** Empty while its answer is being written: the text so far is in the log. */
  content: string;
  createdAt: number;
  status: MessageStatus;
  model: string | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  /** What it has beside its text, as JSON; missing where it has nothing. */
  parts?: string | null;
  /** Public id of the generation that wrote it. */
  generationId: string | null;
  /** Key of that generation. */
  generation: string | null;
}

export function toMessage(document: MessageDocument): Message {
  const { parts, images, toolAnswer } = decodeBeside(document.parts);
  return {
    id: document.id,
    role: document.role,
    content: document.content,
    createdAt: document.createdAt,
    status: document.status,
    model: document.model,
    finishReason: document.finishReason,
    usage: document.usage,
    parts,
    images,
    toolAnswer,
    generationId: document.generationId,
    seq: null,
  };
}
