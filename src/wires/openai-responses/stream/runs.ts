import { kindOf, type PieceKind } from '../../../domain/parts.js';
import type { Answer } from '../../../generation/answer.js';

/** Pieces of one kind that follow each other; a call is a run by itself. Each is one output item. */
export interface Run {
  kind: PieceKind;
  /** The number of its first piece in the log. */
  start: number;
  /** Its place among the items. */
  index: number;
  /** The sequence number of the first event that its first piece becomes. */
  number: number;
  /** How many events its first piece becomes: each of the others is one. */
  first: number;
}

/** `response.created` and `response.in_progress` stand before all others. */
export const OPENING_EVENTS = 2;
/** The events that begin and end an item of text or thinking. */
const ENDING_EVENTS = 3;
const FIRST_EVENTS: Readonly<Record<PieceKind, number>> = {
  // The item, its part, the piece.
  text: 3,
  thinking: 3,
  // The item, its arguments, their end, its end.
  toolCall: 4,
};

/**
 * The runs of a log as far as it was looked at: one entry for each, so that the sequence number of any
 * event is found without the events before it.
 */
export class Runs {
  private readonly runs: Run[] = [];
  private seen = 0;

  constructor(private readonly log: Pick<Answer['log'], 'at'>) {}

  /** The run of a piece of the log. */
  of(seq: number): Run {
    while (this.seen < seq) this.see(this.seen + 1);
    const run = this.runs.findLast(({ start }) => start <= seq);
    if (!run) throw new RangeError('Pieces are numbered from 1');
    return run;
  }

  /** The sequence number of the event after those of the pieces up to this one. */
  after(seq: number): number {
    if (seq === 0) return OPENING_EVENTS;
    const { number, first, start } = this.of(seq);
    return number + first + (seq - start);
  }

  private see(seq: number): void {
    const kind = kindOf(this.log.at(seq));
    const last = this.runs.at(-1);
    if (!last || kind !== last.kind || kind === 'toolCall') {
      const ended = last && last.kind !== 'toolCall' ? ENDING_EVENTS : 0;
      this.runs.push({
        kind,
        start: seq,
        index: this.runs.length,
        number: this.after(seq - 1),
        first: ended + FIRST_EVENTS[kind],
      });
    }
    this.seen = seq;
  }
}
