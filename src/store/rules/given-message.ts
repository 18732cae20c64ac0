import type { Message } from '../../domain/conversation.js';
import type { StagedMessage } from '../../domain/generation.js';
import type { SystemPrompt } from '../conversation-store.js';

/** A message that a client gave, below its parent. */
export function givenMessage(message: StagedMessage, parentId: string): Message {
  return {
    id: message.id,
    clientId: message.clientId,
    parentId,
    role: message.role,
    content: message.content,
    createdAt: message.createdAt,
    status: 'complete',
    model: null,
    finishReason: null,
    usage: null,
    parts: message.parts,
    images: message.images,
    toolAnswer: message.toolAnswer,
    generationId: null,
    seq: null,
  };
}

/** The system prompt of a conversation as the message that stands first. */
export function systemMessage(
  conversationId: string,
  { id, content, createdAt }: SystemPrompt,
): Message {
  const nothingElse = { clientId: null, parts: null, images: null, toolAnswer: null };
  return givenMessage({ id, role: 'system', content, createdAt, ...nothingElse }, conversationId);
}
