import { toPartsFields, toReportFields } from '../common/http/answer.dto.js';
import { toUsageDto } from '../common/http/usage.dto.js';
import type { Answer } from '../generation/answer.js';
import type { DoneEvent } from '../generation/events.js';
import type { ChatResponseDto } from './dto/chat-response.dto.js';

/** A whole answer as the API shows it. */
export function toChatResponse(answer: Answer, end: DoneEvent): ChatResponseDto {
  const { conversationId, messageId } = answer;
  if (conversationId === null || messageId === null)
    throw new Error('A turn of this route has a conversation');
  const { response, parts } = answer.log.written(answer.thinkingMs());
  const { thinking, thinking_ms, tool_calls } = toPartsFields(parts);
  // What is spread comes last (docs/adr/0014-hidden-classes.md).
  return {
    conversation_id: conversationId,
    response,
    thinking,
    thinking_ms,
    tool_calls,
    timestamp: new Date(answer.finishedAt() ?? Date.now()).toISOString(),
    message_id: messageId,
    parent_id: answer.parentId,
    generation_id: answer.generationId,
    model: answer.model,
    finish_reason: end.finishReason,
    usage: toUsageDto(end.usage),
    ...toReportFields(end.report),
  };
}
