import type { Response } from 'express';
import { keyRevoked } from '../../common/errors/key-revoked.js';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { Answer } from '../answer.js';
import { generationError } from '../events.js';
import type { EventLog } from '../live/event-log.js';
import type { StreamFormat } from '../stream-format.js';
import { bodyWriter, type BodyWriter } from './body-writer.js';
import { EncodedEvents } from './encoded-events.js';
import { PhaseBlocks } from './phase-blocks.js';

/** A write holds whole blocks and at most this many bytes, unless a single block is larger. */
const WRITE_LIMIT_BYTES = 4_096;
const KEEP_ALIVE_MS = 15_000;

export interface EventStreamOptions {
  format: StreamFormat;
  /** Number of the last event that the reader has. */
  after: number;
  /** Whether the reader sees the phases of the generation too. */
  phases?: boolean;
  /** A reader whose socket accepts nothing for this time is dropped. */
  stallTimeoutMs: number;
  /** Aborts when the reader's key is revoked: then it gets an error and nothing more. */
  withdrawn?: CancelSignal | null;
}

/**
 * Writes an answer to one response as it grows. The reader has its own position in the log: nothing
 * is buffered for it except in its socket, and while that is full it waits for `drain` or `close`.
 */
export class EventStream {
  private readonly body: BodyWriter;
  private readonly log: EventLog;
  private readonly events: EncodedEvents;
  private phases: PhaseBlocks | null = null;
  private next: number;
  private blocked = false;
  private corked = false;
  private lastWriteAt = performance.now();
  private keepAlive: NodeJS.Timeout | null = null;
  private stall: NodeJS.Timeout | null = null;
  private stopListening: () => void = () => undefined;
  private finish: () => void = () => undefined;

  constructor(
    private readonly response: Response,
    private readonly answer: Answer,
    private readonly options: EventStreamOptions,
  ) {
    this.body = bodyWriter(response);
    this.log = answer.log;
    this.events = EncodedEvents.of(options.format, answer);
    this.next = options.after + 1;
  }

  /** Sends headers and events until the log's end or the reader's. Never rejects. */
  run(): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return Promise.resolve();
    // Headers are sent with the first token, the last block with the body's end: each write is a
    // system call and a packet.
    this.cork();
    this.body.begin(this.options.format.headers);
    return new Promise<void>((resolve) => {
      this.finish = resolve;
      response.on('close', this.stop);
      this.body.onDrain(this.resume);
      response.on('error', this.stop);
      this.stopListening = this.log.onGrowth(this.pump);
      this.options.withdrawn?.addEventListener('abort', this.pump);
      if (this.options.after === 0) this.open();
      if (this.options.phases) this.phases = this.phaseBlocks();
      const { keepAlive } = this.options.format;
      if (keepAlive !== null) this.armKeepAlive(keepAlive, KEEP_ALIVE_MS);
      this.pump();
      this.uncork();
    });
  }

  private open(): void {
    const text = this.options.format.opening?.(this.answer) ?? '';
    if (text !== '') this.blocked = !this.body.write(text, Buffer.byteLength(text));
    if (this.blocked) this.armStall();
  }

  /** Writes the available events that the socket accepts. */
  private readonly pump = (): void => {
    if (this.options.withdrawn?.aborted) {
      if (!this.blocked) this.refuse();
      return;
    }
    while (!this.blocked && (this.writePhase() || this.writeBlocks()));
    if (!this.blocked && this.log.terminal) this.end();
  };

  /** One write of whole blocks from the reader's position on; false if there are none. */
  private writeBlocks(): boolean {
    const { events } = this;
    const last = this.phases ? Math.min(this.log.lastSeq, this.phases.limit) : this.log.lastSeq;
    if (this.next > last) return false;
    let { text, bytes } = events.block(this.next);
    for (this.next += 1; this.next <= last; this.next += 1) {
      const block = events.block(this.next);
      if (bytes + block.bytes > WRITE_LIMIT_BYTES) break;
      text += block.text;
      bytes += block.bytes;
    }
    this.send(text, bytes);
    return true;
  }

  /** Whether a block of a phase was due; then it was written. */
  private writePhase(): boolean {
    const text = this.phases?.due(this.next - 1) ?? null;
    if (text === null) return false;
    this.send(text, text.length);
    return true;
  }

  private phaseBlocks(): PhaseBlocks {
    const { answer, log, options } = this;
    return new PhaseBlocks(answer.phases, log, (state) => options.format.phase(state), this.pump);
  }

  private send(text: string, bytes: number): void {
    // A format may leave an event out, and an empty chunk would end the body.
    if (text === '') return;
    this.lastWriteAt = performance.now();
    const last = this.log.terminal !== null && this.next > this.log.lastSeq;
    if (last) this.cork();
    this.blocked = !this.body.write(text, bytes);
    if (this.blocked) this.armStall();
    if (!last || this.blocked) this.uncork();
  }

  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.body.cork();
  }

  /** Once for each `cork`: Node 24 sends no chunk of a response that was uncorked too often. */
  private uncork(): void {
    if (!this.corked) return;
    this.corked = false;
    this.body.uncork();
  }

  private readonly resume = (): void => {
    this.blocked = false;
    if (this.stall) clearTimeout(this.stall);
    this.stall = null;
    this.pump();
  };

  /** The block is no event of the log: it has the number of the last one that was written. */
  private refuse(): void {
    const error = generationError(keyRevoked());
    const encoder = this.options.format.encoder(this.answer);
    const text = encoder.end({ type: 'error', error, committed: true }, this.next - 1);
    this.cork();
    this.body.write(text, Buffer.byteLength(text));
    this.end();
  }

  private end(): void {
    this.stop();
    this.corked = false;
    this.response.end();
  }

  private readonly stop = (): void => {
    this.stopListening();
    this.options.withdrawn?.removeEventListener('abort', this.pump);
    this.phases?.stopListening();
    if (this.keepAlive) clearTimeout(this.keepAlive);
    if (this.stall) clearTimeout(this.stall);
    this.response.off('close', this.stop);
    this.body.offDrain(this.resume);
    this.finish();
  };

  /** One timer that looks how long ago the last write was, instead of one re-armed a token. */
  private armKeepAlive(text: string, delayMs: number): void {
    this.keepAlive = setTimeout(() => {
      const silentMs = performance.now() - this.lastWriteAt;
      if (silentMs < KEEP_ALIVE_MS) {
        this.armKeepAlive(text, KEEP_ALIVE_MS - silentMs);
        return;
      }
      if (!this.blocked) this.send(text, Buffer.byteLength(text));
      this.armKeepAlive(text, KEEP_ALIVE_MS);
    }, delayMs);
    this.keepAlive.unref();
  }

  private armStall(): void {
    if (this.stall) return;
    this.stall = setTimeout(() => this.response.destroy(), this.options.stallTimeoutMs);
    this.stall.unref();
  }
}
