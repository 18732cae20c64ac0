import { argumentsOf, written, type Piece } from '../../../domain/parts.js';
import type { Answer } from '../../../generation/answer.js';
import type { ErrorEvent, TerminalEvent } from '../../../generation/events.js';
import type { EventEncoder } from '../../../generation/stream-format.js';
import { openAiFailure } from '../../openai-errors.js';
import type { ItemStatus } from '../items/item-types.js';
import { itemStatusAt, ResponseView, statusOf, type ResponseItem } from '../response-object.js';
import { EventBlocks } from './event-blocks.js';
import { Runs, type Run } from './runs.js';

type Texts = 'text' | 'thinking';

/** The names of the events of an item's part. */
const EVENTS = {
  text: {
    part: 'response.content_part',
    delta: 'response.output_text.delta',
    done: 'response.output_text.done',
    index: { content_index: 0 },
    extra: { logprobs: [] },
  },
  thinking: {
    part: 'response.reasoning_summary_part',
    delta: 'response.reasoning_summary_text.delta',
    done: 'response.reasoning_summary_text.done',
    index: { summary_index: 0 },
    extra: {},
  },
} as const;

/** What stands around the text of a delta, the same for all of one item. */
interface DeltaFrame {
  run: Run;
  head: string;
  tail: string;
}

/** Encodes the events of one answer, those that the reader has not. */
export class ResponseEncoder implements EventEncoder {
  private readonly view: ResponseView;
  private readonly runs: Runs;
  private frame: DeltaFrame | null = null;

  /** @param after the sequence number of the reader's last event */
  constructor(
    private readonly answer: Answer,
    private readonly after: number,
  ) {
    this.view = new ResponseView(answer);
    this.runs = new Runs(answer.log);
  }

  piece(piece: Piece, seq: number): string {
    const run = this.runs.of(seq);
    const blocks = new EventBlocks(this.runs.after(seq - 1), this.after);
    if (run.start === seq) {
      this.close(blocks, seq - 1, 'completed');
      this.open(blocks, run, piece);
    }
    if (typeof piece !== 'string' && 'toolCall' in piece) return this.call(blocks, run, piece);
    const kind = typeof piece === 'string' ? 'text' : 'thinking';
    const { head, tail } = this.frameOf(run, kind);
    blocks.delta(EVENTS[kind].delta, head, textIn(piece), tail);
    return blocks.text;
  }

  end(event: TerminalEvent, seq: number): string {
    const { answer } = this;
    // An error that is none of the log ends it after the event of this number.
    const last = Math.min(seq, answer.log.tokenCount);
    const blocks = new EventBlocks(this.runs.after(last), this.after);
    const status = statusOf(event);
    this.close(blocks, last, itemStatusAt(status));
    const response = this.view.object({
      written: written(answer.log.piecesAfter(0).slice(0, last)),
      end: event,
      finishedAt: answer.finishedAt(),
    });
    if (event.type === 'error') addError(blocks, event);
    blocks.last(END_EVENTS[status], { response });
    return blocks.text;
  }

  /** Ends the item that the piece of this number belongs to. A call has ended with its piece. */
  private close(blocks: EventBlocks, seq: number, status: ItemStatus): void {
    if (seq < 1) return;
    const run = this.runs.of(seq);
    if (run.kind === 'toolCall') return;
    const { part: name, done, index, extra } = EVENTS[run.kind];
    const text = this.textUpTo(run, seq);
    const item = this.itemOf(run, run.kind === 'text' ? text : { thinking: text }, status);
    const at = { item_id: item.id, output_index: run.index };
    const part = partsOf(item)[0];
    blocks.add(done, { ...at, ...index, text, ...extra });
    blocks.add(`${name}.done`, { ...at, ...index, part });
    blocks.add('response.output_item.done', { output_index: run.index, item });
  }

  private open(blocks: EventBlocks, run: Run, piece: Piece): void {
    const empty = emptied(piece);
    const item = this.itemOf(run, empty, 'in_progress');
    blocks.add('response.output_item.added', { output_index: run.index, item: begun(item) });
    if (run.kind === 'toolCall') return;
    const { part: name, index } = EVENTS[run.kind];
    const at = { item_id: item.id, output_index: run.index };
    blocks.add(`${name}.added`, { ...at, ...index, part: partsOf(item)[0] });
  }

  private call(
    blocks: EventBlocks,
    run: Run,
    piece: Extract<Piece, { toolCall: unknown }>,
  ): string {
    const given = argumentsOf(piece.toolCall);
    const item = this.itemOf(run, piece, 'completed');
    const at = { item_id: item.id, output_index: run.index };
    const { name } = piece.toolCall;
    blocks.add('response.function_call_arguments.delta', { ...at, delta: given });
    blocks.add('response.function_call_arguments.done', { ...at, name, arguments: given });
    blocks.add('response.output_item.done', { output_index: run.index, item });
    return blocks.text;
  }

  private itemOf(run: Run, piece: Piece, status: ItemStatus): ResponseItem {
    return this.view.item(piece, run.index, status);
  }

  private textUpTo(run: Run, seq: number): string {
    const { log } = this.answer;
    let text = '';
    for (let at = run.start; at <= seq; at += 1) text += textIn(log.at(at));
    return text;
  }

  private frameOf(run: Run, kind: Texts): DeltaFrame {
    if (this.frame?.run === run) return this.frame;
    const { id } = this.itemOf(run, kind === 'text' ? '' : { thinking: '' }, 'in_progress');
    const { index, extra } = EVENTS[kind];
    const at = { item_id: id, output_index: run.index, ...index };
    const head = `${JSON.stringify(at).slice(1, -1)},"delta":`;
    const more = JSON.stringify(extra).slice(1, -1);
    this.frame = { run, head, tail: more === '' ? '' : `,${more}` };
    return this.frame;
  }
}

/** How a stream ends. A cancelled one is told as incomplete: the client throws on `response.cancelled`. */
const END_EVENTS = {
  queued: 'response.incomplete',
  in_progress: 'response.incomplete',
  completed: 'response.completed',
  incomplete: 'response.incomplete',
  cancelled: 'response.incomplete',
  failed: 'response.failed',
} as const;

function addError(blocks: EventBlocks, { error }: ErrorEvent): void {
  const failure = openAiFailure(error);
  const { code, message, param } = failure;
  // The client throws what stands under `error`.
  blocks.add('error', { code, message, param, error: failure });
}

function textIn(piece: Piece): string {
  if (typeof piece === 'string') return piece;
  return 'thinking' in piece ? piece.thinking : '';
}

function emptied(piece: Piece): Piece {
  if (typeof piece === 'string') return '';
  return 'thinking' in piece ? { thinking: '' } : piece;
}

/** An item before its first part. */
function begun(item: ResponseItem): object {
  switch (item.type) {
    case 'message':
      return { ...item, content: [] };
    case 'reasoning':
      return { ...item, summary: [] };
    case 'function_call':
      return { ...item, arguments: '', status: 'in_progress' };
  }
}

function partsOf(item: ResponseItem): readonly object[] {
  switch (item.type) {
    case 'message':
      return item.content;
    case 'reasoning':
      return item.summary;
    case 'function_call':
      return [];
  }
}
