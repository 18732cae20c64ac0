import { toUsageDto } from '../../common/http/usage.dto.js';
import type { GenerationIds, TerminalEvent } from '../events.js';

/** A comment that keeps proxies from closing a silent stream. */
export const KEEP_ALIVE = ':keep-alive\n\n';

/**
 * The bytes of the stream. The seed's client splits on blank lines, wants each block to begin with
 * exactly `data: ` and parses the rest as JSON; `id:` lines come only where they were asked for.
 */
export function tokenBlock(text: string, id: number | null): string {
  return block(`{"token":${JSON.stringify(text)}}`, id);
}

export function terminalBlock(event: TerminalEvent, ids: GenerationIds, id: number | null): string {
  return block(JSON.stringify(terminalData(event, ids)), id);
}

/** The last block's object: `done` or `error`, never both. */
export function terminalData(event: TerminalEvent, ids: GenerationIds): Record<string, unknown> {
  if (event.type === 'error') {
    return {
      ...event.error,
      conversation_id: event.kept ? ids.conversationId : null,
      generation_id: ids.generationId,
    };
  }
  return {
    done: true,
    conversation_id: ids.conversationId,
    generation_id: ids.generationId,
    message_id: ids.messageId,
    finish_reason: event.finishReason,
    usage: toUsageDto(event.usage),
  };
}

function block(data: string, id: number | null): string {
  return id === null ? `data: ${data}\n\n` : `id: ${String(id)}\ndata: ${data}\n\n`;
}
