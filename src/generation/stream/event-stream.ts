import type { Response } from 'express';
import type { GenerationIds } from '../events.js';
import type { EventLog } from '../live/event-log.js';
import { BlockEncoder } from './block-encoder.js';
import { bodyWriter, type BodyWriter } from './body-writer.js';
import { KEEP_ALIVE } from './sse.js';

/** A write holds whole blocks and at most this many bytes, unless one block alone is larger. */
const WRITE_LIMIT_BYTES = 4_096;
const KEEP_ALIVE_MS = 15_000;

/** `Connection` is Node's to say: a client that asked for `close` gets that. */
const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
} as const;

export interface EventStreamOptions {
  /** Number of the last event that the reader has. */
  after: number;
  /** Whether blocks carry `id: <seq>` lines. */
  withIds: boolean;
  /** A reader whose socket takes nothing for so long is dropped. */
  stallTimeoutMs: number;
}

/**
 * Writes a log to one response as it grows. The reader keeps its own place in the log: nothing is
 * buffered for it beyond its socket, and while that is full it waits for `drain` or `close`.
 */
export class EventStream {
  private readonly body: BodyWriter;
  private readonly encoder: BlockEncoder;
  private next: number;
  private blocked = false;
  private lastWriteAt = performance.now();
  private keepAlive: NodeJS.Timeout | null = null;
  private stall: NodeJS.Timeout | null = null;
  private stopListening: () => void = () => undefined;
  private finish: () => void = () => undefined;

  constructor(
    private readonly response: Response,
    private readonly log: EventLog,
    ids: GenerationIds,
    private readonly options: EventStreamOptions,
  ) {
    this.body = bodyWriter(response);
    this.encoder = BlockEncoder.of(log, ids);
    this.next = options.after + 1;
  }

  /** Sends headers and events until the log's end or the reader's. Never rejects. */
  run(): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return Promise.resolve();
    // Headers leave with the first token, the last block with the body's end: each write is a system
    // call and a packet.
    this.body.cork();
    this.body.begin(HEADERS);
    return new Promise<void>((resolve) => {
      this.finish = resolve;
      response.on('close', this.stop);
      this.body.onDrain(this.resume);
      response.on('error', this.stop);
      this.stopListening = this.log.onGrowth(this.pump);
      this.armKeepAlive(KEEP_ALIVE_MS);
      this.pump();
      this.body.uncork();
    });
  }

  /** Writes what the log has and the socket takes. */
  private readonly pump = (): void => {
    while (!this.blocked && this.next <= this.log.lastSeq) this.writeBlocks();
    if (!this.blocked && this.log.terminal) this.end();
  };

  /** One write of whole blocks from the reader's place on. */
  private writeBlocks(): void {
    const { encoder, log } = this;
    const { withIds } = this.options;
    let { text, bytes } = encoder.block(this.next, withIds);
    for (this.next += 1; this.next <= log.lastSeq; this.next += 1) {
      const block = encoder.block(this.next, withIds);
      if (bytes + block.bytes > WRITE_LIMIT_BYTES) break;
      text += block.text;
      bytes += block.bytes;
    }
    this.send(text, bytes);
  }

  private send(text: string, bytes: number): void {
    this.lastWriteAt = performance.now();
    const last = this.log.terminal !== null && this.next > this.log.lastSeq;
    if (last) this.body.cork();
    this.blocked = !this.body.write(text, bytes);
    if (this.blocked) this.armStall();
    if (!last || this.blocked) this.body.uncork();
  }

  private readonly resume = (): void => {
    this.blocked = false;
    if (this.stall) clearTimeout(this.stall);
    this.stall = null;
    this.pump();
  };

  private end(): void {
    this.stop();
    this.response.end();
  }

  private readonly stop = (): void => {
    this.stopListening();
    if (this.keepAlive) clearTimeout(this.keepAlive);
    if (this.stall) clearTimeout(this.stall);
    this.response.off('close', this.stop);
    this.body.offDrain(this.resume);
    this.finish();
  };

  /** One timer that looks how long ago the last write was, instead of one re-armed a token. */
  private armKeepAlive(delayMs: number): void {
    this.keepAlive = setTimeout(() => {
      const silentMs = performance.now() - this.lastWriteAt;
      if (silentMs < KEEP_ALIVE_MS) {
        this.armKeepAlive(KEEP_ALIVE_MS - silentMs);
        return;
      }
      if (!this.blocked) this.send(KEEP_ALIVE, KEEP_ALIVE.length);
      this.armKeepAlive(KEEP_ALIVE_MS);
    }, delayMs);
    this.keepAlive.unref();
  }

  private armStall(): void {
    if (this.stall) return;
    this.stall = setTimeout(() => this.response.destroy(), this.options.stallTimeoutMs);
    this.stall.unref();
  }
}
