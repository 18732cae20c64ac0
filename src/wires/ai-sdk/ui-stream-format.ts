import { toUsageDto } from '../../common/http/usage.dto.js';
import { kindOf, type Piece, type PieceKind, type ToolCall } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { DoneEvent, ErrorEvent, TerminalEvent } from '../../generation/events.js';
import type { EventEncoder, StreamFormat } from '../../generation/stream-format.js';
import { uiBlock as block } from './ui-block.js';
import { echoedMessageId } from './ui-echo.js';

const END = 'data: [DONE]\n\n';

/** By finish reason: what the SDK calls it. */
const FINISH_REASONS = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  cancelled: 'other',
} as const satisfies Record<DoneEvent['finishReason'], string>;

/** The UI message stream, version 1, of the AI SDK. */
export class UiStreamFormat implements StreamFormat {
  readonly headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
    'X-Vercel-AI-UI-Message-Stream': 'v1',
  };
  readonly keepAlive = ':keep-alive\n\n';

  /** @param earlier blocks of the message's steps before the answer, for a reader that has none of them */
  constructor(private readonly earlier = '') {}

  opening(answer: Answer): string {
    const { conversationId, generationId, model, createdAt } = answer;
    const messageMetadata = {
      conversation_id: conversationId,
      generation_id: generationId,
      model,
      created_at: new Date(createdAt).toISOString(),
    };
    const messageId = echoedMessageId(answer.echo) ?? answer.messageId;
    const start = block({ type: 'start', messageId, messageMetadata });
    return start + this.earlier + block({ type: 'start-step' });
  }

  encoder({ log }: Answer): EventEncoder {
    return new UiEncoder(log);
  }

  /** Phases are not asked for. */
  phase(): string {
    return '';
  }
}

/** Where a piece stands: in the run of pieces of its kind that begins with event `start`. */
interface Place {
  seq: number;
  kind: PieceKind;
  start: number;
}

/**
 * A run of text or of thinking is one part of the message: it begins with its first piece and ends before
 * the next part or the end. The part's id names its first event.
 */
class UiEncoder implements EventEncoder {
  private last: Place = { seq: 0, kind: 'toolCall', start: 0 };

  constructor(private readonly log: Answer['log']) {}

  piece(piece: Piece, seq: number): string {
    const place = this.placeOf(seq, kindOf(piece));
    const id = idOf(place);
    const isFirst = place.start === seq;
    const before = isFirst ? this.closed(seq - 1) : '';
    this.last = place;
    if (typeof piece !== 'string' && 'toolCall' in piece) return before + toolCall(piece.toolCall);
    const [name, text] =
      typeof piece === 'string' ? ['text', piece] : ['reasoning', piece.thinking];
    const start = isFirst ? block({ type: `${name}-start`, id }) : '';
    // Without an object for each token.
    const delta = `data: {"type":"${name}-delta","id":"${id}","delta":${JSON.stringify(text)}}\n\n`;
    return before + start + delta;
  }

  end(event: TerminalEvent, seq: number): string {
    // An error that is none of the log ends it after the event of this number.
    const last = seq > this.log.tokenCount ? this.log.tokenCount : seq;
    const closed = this.closed(last);
    return closed + (event.type === 'error' ? failed(event) : ended(event)) + END;
  }

  /** The end of the part that the event of this number belongs to. */
  private closed(seq: number): string {
    if (seq < 1) return '';
    const place = this.placeOf(seq, kindOf(this.log.at(seq)));
    if (place.kind === 'toolCall') return '';
    return block({ type: `${nameOf(place)}-end`, id: idOf(place) });
  }

  private placeOf(seq: number, kind: PieceKind): Place {
    const { last } = this;
    if (last.seq === seq) return last;
    if (kind === 'toolCall') return { seq, kind, start: seq };
    if (last.seq === seq - 1) return { seq, kind, start: last.kind === kind ? last.start : seq };
    let start = seq;
    while (start > 1 && kindOf(this.log.at(start - 1)) === kind) start -= 1;
    return { seq, kind, start };
  }
}

function nameOf({ kind }: Place): string {
  return kind === 'text' ? 'text' : 'reasoning';
}

function idOf({ kind, start }: Place): string {
  return `${kind === 'text' ? 't' : 'r'}${String(start)}`;
}

function toolCall(call: ToolCall): string {
  const names = { toolCallId: call.id, toolName: call.name };
  return (
    block({ type: 'tool-input-start', ...names }) +
    block({ type: 'tool-input-available', ...names, input: call.arguments ?? call.argumentsText })
  );
}

function ended({ finishReason, usage }: DoneEvent): string {
  if (finishReason === 'cancelled') return block({ type: 'abort' });
  const messageMetadata = { finish_reason: finishReason, usage: toUsageDto(usage) };
  return (
    block({ type: 'finish-step' }) +
    block({ type: 'finish', finishReason: FINISH_REASONS[finishReason], messageMetadata })
  );
}

function failed({ error: { error, code, reason } }: ErrorEvent): string {
  return (
    block({ type: 'message-metadata', messageMetadata: { error: { code, reason } } }) +
    block({ type: 'error', errorText: error })
  );
}

export const UI_STREAM = new UiStreamFormat();
