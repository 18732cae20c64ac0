import { setImmediate } from 'node:timers/promises';
import { toPartsFields } from '../common/http/answer.dto.js';
import { toUsageDto } from '../common/http/usage.dto.js';
import type {
  Conversation,
  ConversationPage,
  ConversationReading,
  ConversationSummary,
  ImageReference,
  Message,
} from '../domain/conversation.js';
import type {
  ConversationDto,
  ConversationListDto,
  ConversationSummaryDto,
} from './dto/conversation.dto.js';
import type { ImageDto } from './dto/image.dto.js';
import type { MessageDto } from './dto/message.dto.js';

/** Epoch milliseconds as the API writes times. */
const iso = (time: number): string => new Date(time).toISOString();

/** The path of a conversation's images, for clients. */
type ImagePath = string;

function imagePath(id: string, prefix: string): ImagePath {
  return `${prefix}/api/history/${id}/images/`;
}

function presentImage({ id, mediaType, bytes }: ImageReference, path: ImagePath): ImageDto {
  return { id, media_type: mediaType, bytes, url: path + id };
}

function presentMessage(message: Message, images: ImagePath): MessageDto {
  const { thinking, thinking_ms, tool_calls } = toPartsFields(message.parts);
  return {
    id: message.id,
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
    images: message.images && message.images.map((image) => presentImage(image, images)),
    generation_id: message.generationId,
    ...(message.status === 'streaming' && { seq: message.seq ?? 0 }),
  };
}

function presentSummary(conversation: ConversationSummary): ConversationSummaryDto {
  return summaryFields(conversation);
}

function summaryFields(conversation: ConversationSummary) {
  return {
    id: conversation.id,
    title: conversation.title,
    created_at: iso(conversation.createdAt),
    updated_at: iso(conversation.updatedAt),
    message_count: conversation.messageCount,
    active_generation_id: conversation.activeGenerationId,
  };
}

/** @param prefix of the paths in it, as `forwardedPrefix` gives it */
export function presentConversation(conversation: Conversation, prefix: string): ConversationDto {
  const images = imagePath(conversation.id, prefix);
  return {
    ...summaryFields(conversation),
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
  { pages, ...summary }: ConversationReading,
  prefix: string,
): AsyncGenerator<string> {
  const images = imagePath(summary.id, prefix);
  const empty = JSON.stringify({ ...summaryFields(summary), messages: [] });
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

export function presentPage(
  page: ConversationPage,
  limit: number,
  offset: number,
): ConversationListDto {
  return {
    conversations: page.conversations.map(presentSummary),
    total: page.total,
    limit,
    offset,
  };
}
