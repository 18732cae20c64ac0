import type { Piece, ToolCall } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { TerminalEvent } from '../../generation/events.js';
import type { EventEncoder, StreamFormat } from '../../generation/stream-format.js';
import { failureFields } from './errors.js';
import { doneFields, headFields, saidFields, toToolCall, type Route } from './answer-fields.js';

/** Ollama's stream: a line of JSON for each event. */
class NdjsonFormat implements StreamFormat {
  readonly headers = {
    'Content-Type': 'application/x-ndjson',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  };
  /** Clients parse each line, so that there can be no comment; this one says nothing. */
  readonly keepAlive: string;

  constructor(private readonly route: Route) {
    this.keepAlive = line({ ...saidFields(route, { content: '' }), done: false });
  }

  encoder(answer: Answer): EventEncoder {
    return new NdjsonEncoder(answer, this.route);
  }

  /** No client of this format asks for phases. */
  phase(): string {
    return '';
  }
}

type Answered = Pick<Answer, 'createdAt' | 'echo' | 'finishedAt' | 'log' | 'model'>;

/** Writes the same bytes in every process: they depend on the log and on what is stored of the generation. */
export class NdjsonEncoder implements EventEncoder {
  /** What stands in a line before and after a piece of text, so that a token costs no object. */
  private readonly beforeText: string;
  private readonly afterText: string;

  constructor(
    private readonly answer: Answered,
    private readonly route: Route,
  ) {
    const empty = this.said({ content: '' });
    const at = empty.lastIndexOf('""');
    this.beforeText = empty.slice(0, at);
    this.afterText = empty.slice(at + 2);
  }

  piece(piece: Piece, seq: number): string {
    if (typeof piece === 'string') return this.beforeText + inLine(piece) + this.afterText;
    if ('thinking' in piece) return this.said({ content: '', thinking: piece.thinking });
    return this.said({ content: '', toolCalls: [this.toolCall(piece.toolCall, seq)] });
  }

  end(event: TerminalEvent): string {
    const { answer, route } = this;
    if (event.type === 'error') return line(failureFields(event.error));
    const said = saidFields(route, { content: '' });
    return line({ ...headFields(answer), ...said, ...doneFields(event, answer) });
  }

  private said(said: Parameters<typeof saidFields>[1]): string {
    return line({ ...headFields(this.answer), ...saidFields(this.route, said), done: false });
  }

  /** Its number among the calls of the answer is a function of the log: any event may be asked for. */
  private toolCall(call: ToolCall, seq: number) {
    const { log } = this.answer;
    let index = 0;
    for (let before = 1; before < seq; before += 1) {
      const piece = log.at(before);
      if (typeof piece !== 'string' && 'toolCall' in piece) index += 1;
    }
    return toToolCall(call, index);
  }
}

/** Clients in Python take these for ends of lines, too (httpx `iter_lines`); JSON may escape them. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** A JSON text without anything that a client takes for the end of its line. */
function inLine(value: unknown): string {
  return JSON.stringify(value).replace(
    LINE_ENDS,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const line = (fields: object): string => `${inLine(fields)}\n`;

export const NDJSON: Readonly<Record<Route, StreamFormat>> = {
  chat: new NdjsonFormat('chat'),
  generate: new NdjsonFormat('generate'),
};
