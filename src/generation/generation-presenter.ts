import { toPartsFields, toReportFields } from '../common/http/answer.dto.js';
import { imagePath, toImageDtos } from '../common/http/image.dto.js';
import { toUsageDto } from '../common/http/usage.dto.js';
import type { GenerationPhase, GenerationRecord } from '../domain/generation.js';
import { idsOf } from './events.js';
import type { GenerationView, Question } from './generation-views.js';
import type { CancelReceipt } from './generation.service.js';
import type {
  AnsweredMessageDto,
  CancelReceiptDto,
  GenerationResponseDto,
} from './dto/generation-response.dto.js';

/** @param prefix of the paths in it, as `forwardedPrefix` gives it */
export function toGenerationResponse(
  { record, queuePosition, question }: GenerationView,
  prefix: string,
): GenerationResponseDto {
  const { conversationId, messageId, parentId } = idsOf(record);
  return {
    id: record.id,
    conversation_id: conversationId,
    message_id: messageId,
    parent_id: parentId,
    message: question && toAnsweredMessage(question, imagePath(record.conversationId, prefix)),
    model: record.model,
    status: record.status,
    phase: phaseOf(record),
    queue_position: queuePosition,
    created_at: new Date(record.createdAt).toISOString(),
    started_at: isoTime(record.startedAt),
    finished_at: isoTime(record.finishedAt),
    response: record.response,
    ...toPartsFields(record.parts),
    ...toReportFields(record.report),
    finish_reason: record.finishReason,
    usage: toUsageDto(record.usage),
    error: record.error,
  };
}

function toAnsweredMessage({ content, images }: Question, path: string): AnsweredMessageDto {
  return { content, images: toImageDtos(images, path) };
}

export function toCancelReceipt(record: CancelReceipt): CancelReceiptDto {
  return {
    id: record.id,
    status: record.status,
    phase: record.phase,
    response: record.response,
    ...toPartsFields(record.parts),
    usage: toUsageDto(record.usage),
    upstream_closed: record.upstreamClosed,
  };
}

/** The store knows about the model's first token only from the log. */
function phaseOf(record: GenerationRecord): GenerationPhase {
  if (record.finishedAt !== null) return 'ended';
  if (record.seq === 0 || record.phase === 'thinking') return record.phase;
  const last = record.parts?.list.at(-1);
  return last && 'thinking' in last ? 'thinking' : 'generating';
}

function isoTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
