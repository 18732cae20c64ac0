import type { GenerationIds } from '../events.js';
import type { EventLog } from '../live/event-log.js';
import { numbered, terminalBlock, tokenBlock } from './sse.js';

/** A block as it goes out, and its length on the wire. */
export interface Block {
  readonly text: string;
  readonly bytes: number;
}

/**
 * One encoder a log, until its end is encoded: a log is kept for minutes after it, and the collector
 * goes through each entry of a weak map again and again.
 */
const encoders = new WeakMap<EventLog, BlockEncoder>();

/**
 * Turns the events of a log into blocks. Readers that are at its end, as all are while the answer
 * grows, share the newest block: it is encoded once for all of them.
 */
export class BlockEncoder {
  private newest: Block & { seq: number } = { seq: 0, text: '', bytes: 0 };

  private constructor(
    private readonly log: EventLog,
    private readonly ids: GenerationIds,
  ) {}

  static of(log: EventLog, ids: GenerationIds): BlockEncoder {
    const known = encoders.get(log);
    if (known) return known;
    const encoder = new BlockEncoder(log, ids);
    if (!log.terminal) encoders.set(log, encoder);
    return encoder;
  }

  block(seq: number, withId: boolean): Block {
    if (this.newest.seq !== seq) {
      const text = this.encode(seq);
      this.newest = { seq, text, bytes: Buffer.byteLength(text) };
    }
    return withId ? numbered(this.newest, seq) : this.newest;
  }

  private encode(seq: number): string {
    const { terminal } = this.log;
    if (terminal && seq > this.log.tokenCount) {
      encoders.delete(this.log);
      return terminalBlock(terminal, this.ids);
    }
    return tokenBlock(this.log.textAt(seq));
  }
}
