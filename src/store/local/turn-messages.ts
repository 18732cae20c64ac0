import type { Message } from '../../domain/conversation.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { STATUS_OF_END } from '../rules/end.js';
import { givenMessage } from '../rules/given-message.js';
import type { GenerationRow } from './generation-row.js';

/**
 * The messages of a staged turn, each the parent of the next, with the answer in state `streaming`.
 *
 * @param parentId of the first one that is no system prompt
 */
export function turnMessages(row: GenerationRow, parentId: string, now: number): Message[] {
  const messages: Message[] = [];
  let last = parentId;
  for (const staged of row.turn.messages) {
    const isSystem = staged.role === 'system';
    messages.push(givenMessage(staged, isSystem ? row.conversationId : last));
    if (!isSystem) last = staged.id;
  }
  messages.push(streamingMessage(row, last, now));
  return messages;
}

export function endedMessage(message: Message, end: GenerationEnd): Message {
  return {
    ...message,
    content: end.response,
    parts: end.parts,
    status: STATUS_OF_END[end.status],
    finishReason: end.finishReason,
    usage: end.usage,
    seq: null,
  };
}

function streamingMessage(row: GenerationRow, parentId: string, createdAt: number): Message {
  return {
    id: row.messageId,
    parentId,
    role: 'assistant',
    content: '',
    createdAt,
    status: 'streaming',
    model: row.model,
    finishReason: null,
    usage: null,
    parts: null,
    images: null,
    toolAnswer: null,
    generationId: row.id,
    seq: 0,
  };
}
