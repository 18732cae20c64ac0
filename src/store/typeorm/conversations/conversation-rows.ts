import type {
  ConversationSummary,
  FinishReason,
  Message,
  MessageRole,
  MessageStatus,
} from '../../../domain/conversation.js';
import { decodeBeside } from '../../support/answer-json.js';
import { toUsage } from '../generations/generation-record.js';

/** As drivers return it: PostgreSQL's bigint is text. */
export interface SummaryRow {
  id: string;
  title: string;
  created_at: string | number;
  updated_at: string | number;
  message_count: number;
  active_generation_id: string | null;
}

/** Beside those of its conversation, whose columns have the same names. */
export interface MessageRow {
  message_id: string;
  role: MessageRole;
  content: string;
  written_at: string | number;
  status: MessageStatus;
  model: string | null;
  finish_reason: FinishReason | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  generation_id: string | null;
  parts: string | null;
}

export function toSummary(row: SummaryRow): ConversationSummary {
  return {
    id: row.id,
    title: row.title,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    messageCount: row.message_count,
    activeGenerationId: row.active_generation_id,
  };
}

export function toMessage(row: MessageRow): Message {
  const { parts, images, toolAnswer } = decodeBeside(row.parts);
  return {
    id: row.message_id,
    role: row.role,
    content: row.content,
    createdAt: Number(row.written_at),
    status: row.status,
    model: row.model,
    finishReason: row.finish_reason,
    usage: toUsage(row),
    parts,
    images,
    toolAnswer,
    generationId: row.generation_id,
    seq: null,
  };
}
