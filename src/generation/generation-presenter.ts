import { toUsageDto } from '../common/http/usage.dto.js';
import type { GenerationRecord } from '../domain/generation.js';
import type { CancelReceiptDto, GenerationResponseDto } from './dto/generation-response.dto.js';

export function toGenerationResponse(record: GenerationRecord): GenerationResponseDto {
  return {
    id: record.id,
    conversation_id: record.conversationId,
    message_id: record.messageId,
    model: record.model,
    status: record.status,
    phase: record.finishedAt === null ? record.phase : 'ended',
    created_at: new Date(record.createdAt).toISOString(),
    started_at: isoTime(record.startedAt),
    finished_at: isoTime(record.finishedAt),
    response: record.response,
    finish_reason: record.finishReason,
    usage: toUsageDto(record.usage),
    error: record.error,
  };
}

export function toCancelReceipt(record: GenerationRecord): CancelReceiptDto {
  return {
    id: record.id,
    status: record.status,
    phase: record.phase,
    response: record.response,
    usage: toUsageDto(record.usage),
    upstream_closed: record.upstreamClosed,
  };
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
