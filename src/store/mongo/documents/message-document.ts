import type {
  FinishReason,
  Message,
  MessageRole,
  MessageStatus,
  Usage,
} from '../../../domain/conversation.js';

/** A message at its place in a conversation. */
export interface MessageDocument {
  /** `placeKey(conversation, seq)`: of two writers of the same place the first wins. */
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
  /** Public id of the generation that wrote it. */
  generationId: string | null;
  /** Key of that generation. */
  generation: string | null;
}

export function toMessage(document: MessageDocument): Message {
  return {
    id: document.id,
    role: document.role,
    content: document.content,
    createdAt: document.createdAt,
    status: document.status,
    model: document.model,
    finishReason: document.finishReason,
    usage: document.usage,
    generationId: document.generationId,
    seq: null,
  };
}
