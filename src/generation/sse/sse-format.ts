import type { Answer } from '../answer.js';
import type { GenerationIds, TerminalEvent } from '../events.js';
import type { PhaseState } from '../phases.js';
import type { EventEncoder, StreamFormat } from '../stream-format.js';
import type { Piece } from '../../domain/parts.js';
import { doneData, errorData, phaseData, thinkingData, toolCallData } from '../event-json.js';

/** The format of this API: server-sent events, each the JSON of one event. */
class SseFormat implements StreamFormat {
  readonly headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  };
  readonly keepAlive = ':keep-alive\n\n';

  constructor(private readonly numbered: boolean) {}

  encoder(answer: Answer): EventEncoder {
    return new SseEncoder(answer, this.numbered);
  }

  phase(state: PhaseState): string {
    return `data: ${JSON.stringify(phaseData(state))}\n\n`;
  }
}

/**
 * The original client splits on blank lines, wants each block to begin with exactly `data: ` and
 * parses the rest as JSON (docs/adr/0007-stream-bytes.md).
 */
export class SseEncoder implements EventEncoder {
  constructor(
    private readonly ids: GenerationIds,
    private readonly numbered: boolean,
  ) {}

  piece(piece: Piece, seq: number): string {
    // Without an object for each token.
    if (typeof piece === 'string') return this.block(`{"token":${JSON.stringify(piece)}}`, seq);
    const data = 'thinking' in piece ? thinkingData(piece.thinking) : toolCallData(piece.toolCall);
    return this.block(JSON.stringify(data), seq);
  }

  end(event: TerminalEvent, seq: number): string {
    const { ids } = this;
    const data = event.type === 'done' ? doneData(event, ids) : errorData(event, ids);
    return this.block(JSON.stringify(data), seq);
  }

  private block(json: string, seq: number): string {
    return this.numbered ? `id: ${String(seq)}\ndata: ${json}\n\n` : `data: ${json}\n\n`;
  }
}

/** Blocks of `data: {json}`. */
export const SSE: StreamFormat = new SseFormat(false);
/** The same with an `id:` line before each block, the event's number. */
export const NUMBERED_SSE: StreamFormat = new SseFormat(true);
