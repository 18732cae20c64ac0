import { toUsageDto } from '../../common/http/usage.dto.js';
import type { GenerationIds, TerminalEvent } from '../events.js';

/** A comment that keeps proxies from closing a silent stream. */
export const KEEP_ALIVE = ':keep-alive\n\n';

/**
 * The bytes of the stream. The seed's client splits on blank lines, wants each block to begin with
 * exactly `data: ` and parses the rest as JSON; `id:` lines come only where they were asked for.
 */
export function tokenBlock(text: string): string {
  return `data: {"token":${JSON.stringify(text)}}\n\n`;
}

export function terminalBlock(event: TerminalEvent, ids: GenerationIds): string {
  return `data: ${JSON.stringify(terminalData(event, ids))}\n\n`;
}

/** The block with its `id:` line; a line of digits takes a byte a character. */
export function numbered(block: { text: string; bytes: number }, id: number) {
  const line = `id: ${String(id)}\n`;
  return { text: line + block.text, bytes: line.length + block.bytes };
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
