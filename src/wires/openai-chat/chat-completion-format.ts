import type { Piece } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { TerminalEvent } from '../../generation/events.js';
import type { EventEncoder, StreamFormat } from '../../generation/stream-format.js';
import { openAiFailure } from '../openai-errors.js';
import { completionFacts, toCall, toUsage } from './completion-facts.js';

const DONE = 'data: [DONE]\n\n';

/** Chunks of a chat completion as server-sent events. */
class ChatCompletionFormat implements StreamFormat {
  readonly headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  };
  readonly keepAlive = ':keep-alive\n\n';

  encoder(answer: Answer): EventEncoder {
    return new ChunkEncoder(answer);
  }

  /** Its clients do not know of phases. */
  phase(): string {
    return '';
  }
}

class ChunkEncoder implements EventEncoder {
  /** All of a chunk before its choices. */
  private readonly head: string;
  /** What stands behind the choices of every chunk but the one with the usage. */
  private readonly tail: string;
  private readonly includeUsage: boolean;

  constructor(private readonly answer: Answer) {
    const { facts, includeUsage } = completionFacts(answer);
    const { id, created, model } = facts;
    const object = 'chat.completion.chunk';
    this.head = `data: ${JSON.stringify({ id, object, created, model }).slice(0, -1)},"choices":`;
    this.includeUsage = includeUsage;
    this.tail = includeUsage ? ',"usage":null}\n\n' : '}\n\n';
  }

  piece(piece: Piece, seq: number): string {
    // Without an object for each token.
    if (typeof piece === 'string')
      return this.chunk(`${roleAt(seq)}"content":${JSON.stringify(piece)}`);
    if ('thinking' in piece) {
      const thinking = JSON.stringify(piece.thinking);
      return this.chunk(`${roleAt(seq)}"reasoning_content":${thinking},"reasoning":${thinking}`);
    }
    const call = { index: this.callsBefore(seq), ...toCall(piece.toolCall) };
    return this.chunk(`${roleAt(seq)}"tool_calls":[${JSON.stringify(call)}]`);
  }

  end(event: TerminalEvent, seq: number): string {
    if (event.type === 'error')
      return `data: ${JSON.stringify({ error: openAiFailure(event.error) })}\n\n`;
    const delta = seq === 1 ? '"role":"assistant","content":""' : '';
    const last = this.chunk(delta, JSON.stringify(event.finishReason));
    if (!this.includeUsage) return last + DONE;
    const usage = JSON.stringify(toUsage(event.usage));
    return `${last}${this.head}[],"usage":${usage}}\n\n${DONE}`;
  }

  private chunk(delta: string, finishReason = 'null'): string {
    return `${this.head}[{"index":0,"delta":{${delta}},"logprobs":null,"finish_reason":${finishReason}}]${this.tail}`;
  }

  private callsBefore(seq: number): number {
    const { log } = this.answer;
    let calls = 0;
    for (let n = 1; n < seq; n += 1) {
      const piece = log.at(n);
      if (typeof piece !== 'string' && 'toolCall' in piece) calls += 1;
    }
    return calls;
  }
}

/** The first chunk says who speaks. */
function roleAt(seq: number): string {
  return seq === 1 ? '"role":"assistant",' : '';
}

export const CHAT_COMPLETION_CHUNKS: StreamFormat = new ChatCompletionFormat();
