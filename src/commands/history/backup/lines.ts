import type { ApiKeyRecord } from '../../../domain/api-key.js';
import type { ImageReference, Message } from '../../../domain/conversation.js';
import type { TokenCalibration } from '../../../domain/token-calibration.js';
import type { UsageItem } from '../../../domain/token-usage.js';
import type { MovedConversation } from '../../../store/history-transfer.js';
import type { HistoryCounts } from '../../../store/idle-conversations.js';

/** A release that reads an earlier version still reads it; one that writes a later one is refused. */
export const VERSION = 1;

/**
 * A line of a backup. First `history`, then what belongs to no conversation, then conversation by
 * conversation: its line, its messages in the order made, parents first, before each the images that no
 * conversation of its owner had so far, and at last whether all that counts. At the end `end`.
 */
export type BackupLine =
  | { kind: 'history'; version: number; made_at: string }
  | ({ kind: 'calibration' } & TokenCalibration)
  | ({ kind: 'usage' } & UsageItem)
  /** Only where there is or was a key. */
  | { kind: 'keys'; keys: readonly ApiKeyRecord[] }
  | ({ kind: 'conversation' } & WrittenConversation)
  | { kind: 'image'; id: string; media_type: string; bytes: number }
  /** The next bytes of the image, in base64. */
  | { kind: 'piece'; data: string }
  | ({ kind: 'message' } & WrittenMessage)
  /** The conversation is as it was at one moment. */
  | { kind: 'whole' }
  /** It changed while it was read: nothing of it counts, it may come again. */
  | { kind: 'discarded' }
  | ({ kind: 'end' } & HistoryCounts & {
        /** SHA-256 of all lines before this one, with their line feeds, in hexadecimal digits. */
        sha256: string;
      });

interface WrittenConversation {
  owner: string;
  id: string;
  /** Earlier releases wrote none. */
  chat_id?: string | null;
  title: string;
  title_by: MovedConversation['titleBy'];
  created_at: number;
  updated_at: number;
  message_count: number;
  message_total: number;
  active_message_id: string | null;
  revision: number;
  model: string | null;
  parameters: MovedConversation['parameters'];
  tags: readonly string[];
  pinned: boolean;
  archived: boolean;
  forked_from: { conversation_id: string; message_id: string | null } | null;
  /** The same of these two. */
  disposable?: boolean;
  metadata?: MovedConversation['metadata'];
}

interface WrittenMessage {
  id: string;
  /** The same. */
  client_id?: string | null;
  parent_id: string;
  role: Message['role'];
  content: string;
  created_at: number;
  status: Message['status'];
  model: string | null;
  finish_reason: Message['finishReason'];
  usage: { prompt_tokens: number | null; completion_tokens: number | null } | null;
  parts: Message['parts'];
  images: { id: string; media_type: string; bytes: number }[] | null;
  tool_answer: { call_id: string; is_error: boolean } | null;
  generation_id: string | null;
}

export function conversationLine(moved: MovedConversation): BackupLine {
  const { forkedFrom } = moved;
  return {
    kind: 'conversation',
    owner: moved.ownerId,
    id: moved.id,
    chat_id: moved.chatId,
    title: moved.title,
    title_by: moved.titleBy,
    created_at: moved.createdAt,
    updated_at: moved.updatedAt,
    message_count: moved.messageCount,
    message_total: moved.messageTotal,
    active_message_id: moved.activeMessageId,
    revision: moved.revision,
    model: moved.model,
    parameters: moved.parameters,
    tags: moved.tags,
    pinned: moved.pinned,
    archived: moved.archived,
    forked_from: forkedFrom && {
      conversation_id: forkedFrom.conversationId,
      message_id: forkedFrom.messageId,
    },
    disposable: moved.disposable,
    metadata: moved.metadata,
  };
}

export function conversationIn(line: WrittenConversation): MovedConversation {
  const { forked_from: forkedFrom } = line;
  return {
    ownerId: line.owner,
    id: line.id,
    chatId: line.chat_id ?? null,
    title: line.title,
    titleBy: line.title_by,
    createdAt: line.created_at,
    updatedAt: line.updated_at,
    messageCount: line.message_count,
    messageTotal: line.message_total,
    activeMessageId: line.active_message_id,
    revision: line.revision,
    model: line.model,
    parameters: line.parameters,
    tags: line.tags,
    pinned: line.pinned,
    archived: line.archived,
    forkedFrom: forkedFrom && {
      conversationId: forkedFrom.conversation_id,
      messageId: forkedFrom.message_id,
    },
    disposable: line.disposable ?? false,
    metadata: line.metadata ?? null,
  };
}

export function imageLine({ id, mediaType, bytes }: ImageReference): BackupLine {
  return { kind: 'image', id, media_type: mediaType, bytes };
}

export function messageLine(message: Message): BackupLine {
  const { usage, images, toolAnswer } = message;
  return {
    kind: 'message',
    id: message.id,
    client_id: message.clientId,
    parent_id: message.parentId,
    role: message.role,
    content: message.content,
    created_at: message.createdAt,
    status: message.status,
    model: message.model,
    finish_reason: message.finishReason,
    usage: usage && {
      prompt_tokens: usage.promptTokens,
      completion_tokens: usage.completionTokens,
    },
    parts: message.parts,
    images:
      images && images.map(({ id, mediaType, bytes }) => ({ id, media_type: mediaType, bytes })),
    tool_answer: toolAnswer && { call_id: toolAnswer.callId, is_error: toolAnswer.isError },
    generation_id: message.generationId,
  };
}

export function messageIn(line: WrittenMessage): Message {
  const { usage, images, tool_answer: answer } = line;
  return {
    id: line.id,
    clientId: line.client_id ?? null,
    parentId: line.parent_id,
    role: line.role,
    content: line.content,
    createdAt: line.created_at,
    status: line.status,
    model: line.model,
    finishReason: line.finish_reason,
    usage: usage && {
      promptTokens: usage.prompt_tokens,
      completionTokens: usage.completion_tokens,
    },
    parts: line.parts,
    images: images && images.map(imageIn),
    toolAnswer: answer && { callId: answer.call_id, isError: answer.is_error },
    generationId: line.generation_id,
    seq: null,
  };
}

export function imageIn({
  id,
  media_type: mediaType,
  bytes,
}: {
  id: string;
  media_type: string;
  bytes: number;
}): ImageReference {
  return { id, mediaType, bytes };
}
