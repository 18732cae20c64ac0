import type { Answer } from '../answer.js';
import type { EventLog } from '../live/event-log.js';
import type { EventEncoder, StreamFormat } from '../stream-format.js';

/** An encoded event, and its length in bytes. */
export interface Block {
  readonly text: string;
  readonly bytes: number;
}

/**
 * One for each format and log, until the log's end is encoded: logs are retained for minutes after
 * that, and each garbage collection visits all entries of a weak map.
 */
const shared = new WeakMap<StreamFormat, WeakMap<EventLog, EncodedEvents>>();

/**
 * The events of a log in one format. Readers at the end of the log share the newest block: it is
 * encoded once for all of them.
 */
export class EncodedEvents {
  private newest: Block & { seq: number } = { seq: 0, text: '', bytes: 0 };

  private constructor(
    private readonly log: EventLog,
    private readonly encoder: EventEncoder,
    private readonly siblings: WeakMap<EventLog, EncodedEvents>,
  ) {}

  static of(format: StreamFormat, answer: Answer): EncodedEvents {
    const { log } = answer;
    let ofFormat = shared.get(format);
    if (!ofFormat) shared.set(format, (ofFormat = new WeakMap()));
    const known = ofFormat.get(log);
    if (known) return known;
    const events = new EncodedEvents(log, format.encoder(answer), ofFormat);
    if (!log.terminal) ofFormat.set(log, events);
    return events;
  }

  block(seq: number): Block {
    if (this.newest.seq !== seq) {
      const text = this.encode(seq);
      this.newest = { seq, text, bytes: Buffer.byteLength(text) };
    }
    return this.newest;
  }

  private encode(seq: number): string {
    const { terminal } = this.log;
    if (terminal && seq > this.log.tokenCount) {
      this.siblings.delete(this.log);
      return this.encoder.end(terminal, seq);
    }
    return this.encoder.piece(this.log.at(seq), seq);
  }
}
