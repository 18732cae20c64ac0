import type { Message } from '../../domain/conversation.js';
import type { GenerationEnd, StagedMessage } from '../../domain/generation.js';
import { STATUS_OF_END } from '../rules/end.js';
import { givenMessage } from '../rules/given-message.js';
import type { GenerationRow } from './generation-row.js';

/**
 * The messages of a staged turn, each the parent of the next, with the answer in state `streaming`.
 *
 * @param staged those of the row
 * @param parentId of the first one that is no system prompt
 */
export function turnMessages(
  row: GenerationRow,
  staged: readonly StagedMessage[],
  parentId: string,
  now: number,
): Message[] {
  const messages: Message[] = [];
  let last = parentId;
  for (const message of staged) {
    const isSystem = message.role === 'system';
    messages.push(givenMessage(message, isSystem ? row.conversationId : last));
    if (!isSystem) last = message.id;
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
    clientId: null,
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
