import { setImmediate } from 'node:timers/promises';
import { toPartsFields } from '../common/http/answer.dto.js';
import { toSummaryFields } from '../common/http/conversation.dto.js';
import { imagePath, toImageDtos, type ImagePath } from '../common/http/image.dto.js';
import { toUsageDto } from '../common/http/usage.dto.js';
import type {
  BranchMessage,
  Conversation,
  ConversationHead,
  ConversationReading,
} from '../domain/conversation.js';
import type { ConversationDto, ConversationListDto } from './dto/conversation.dto.js';
import type { ListedPage } from './conversation-lists.js';
import type { MessageDto } from './dto/message.dto.js';

/** Epoch milliseconds as the API writes times. */
const iso = (time: number): string => new Date(time).toISOString();

function presentMessage(message: BranchMessage, images: ImagePath): MessageDto {
  const { thinking, thinking_ms, tool_calls } = toPartsFields(message.parts);
  return {
    id: message.id,
    parent_id: message.parentId,
    siblings: [...message.siblings],
    role: message.role,
    content: message.content,
    timestamp: iso(message.createdAt),
    status: message.status,
    model: message.model,
    finish_reason: message.finishReason,
    usage: toUsageDto(message.usage),
    thinking,
    thinking_ms,
    tool_calls,
    tool_call_id: message.toolAnswer?.callId ?? null,
    is_error: message.toolAnswer?.isError ?? null,
    images: toImageDtos(message.images, images),
    generation_id: message.generationId,
    ...(message.status === 'streaming' && { seq: message.seq ?? 0 }),
  };
}

function headFields(conversation: ConversationHead) {
  return {
    ...toSummaryFields(conversation),
    system: conversation.system,
    parameters: conversation.parameters,
  };
}

/** @param prefix of the paths in it, as `forwardedPrefix` gives it */
export function presentConversation(conversation: Conversation, prefix: string): ConversationDto {
  const images = imagePath(conversation.id, prefix);
  return {
    ...headFields(conversation),
    messages: conversation.messages.map((message) => presentMessage(message, images)),
  };
}

/** Characters of JSON per piece; a single message may be longer. */
const PIECE = 64 * 1024;

/**
 * The JSON of a conversation, piece by piece: a long one is never in memory as a whole, and other
 * requests can run between two pieces.
 */
export async function* conversationJson(
  { pages, ...head }: ConversationReading,
  prefix: string,
): AsyncGenerator<string> {
  const images = imagePath(head.id, prefix);
  const empty = JSON.stringify({ ...headFields(head), messages: [] });
  let piece = empty.slice(0, -']}'.length);
  let separator = '';
  for await (const page of pages) {
    for (const message of page) {
      piece += separator + JSON.stringify(presentMessage(message, images));
      separator = ',';
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
      await setImmediate();
    }
  }
  yield `${piece}]}`;
}

/** @param offset 0 for a page behind a cursor */
export function presentPage(
  { conversations, total, nextCursor }: ListedPage,
  limit: number,
  offset: number,
): ConversationListDto {
  return {
    conversations: conversations.map(toSummaryFields),
    total,
    limit,
    offset,
    next_cursor: nextCursor,
  };
}
