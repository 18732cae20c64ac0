import type { Message } from '../../src/domain/conversation.js';

/** A message as stores give it: one of a client's, but for what is said of it. */
export function storedMessage(id: string, fields: Partial<Message> = {}): Message {
  return {
    id,
    clientId: null,
    parentId: 'top',
    role: 'user',
    content: '',
    createdAt: 0,
    status: 'complete',
    model: null,
    finishReason: null,
    usage: null,
    parts: null,
    images: null,
    toolAnswer: null,
    generationId: null,
    seq: null,
    ...fields,
  };
}
