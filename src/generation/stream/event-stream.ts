import type { Response } from 'express';
import type { GenerationIds } from '../events.js';
import type { EventLog } from '../live/event-log.js';
import { KEEP_ALIVE, terminalBlock, tokenBlock } from './sse.js';

/** A write holds whole blocks and at most this many bytes, unless one block alone is larger. */
const WRITE_LIMIT_BYTES = 4_096;
const KEEP_ALIVE_MS = 15_000;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  Connection: 'keep-alive',
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
    private readonly ids: GenerationIds,
    private readonly options: EventStreamOptions,
  ) {
    this.next = options.after + 1;
  }

  /** Sends headers and events until the log's end or the reader's. Never rejects. */
  async run(): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.writableEnded) return;
    response.writeHead(200, HEADERS);
    response.flushHeaders();
    await new Promise<void>((resolve) => {
      this.finish = resolve;
      response.on('close', this.stop);
      response.on('drain', this.resume);
      response.on('error', this.stop);
      this.stopListening = this.log.onGrowth(this.pump);
      this.armKeepAlive(KEEP_ALIVE_MS);
      this.pump();
    });
  }

  /** Writes what the log has and the socket takes. */
  private readonly pump = (): void => {
    while (!this.blocked) {
      const blocks = this.gather();
      if (blocks === '') break;
      this.lastWriteAt = performance.now();
      this.blocked = !this.response.write(blocks);
    }
    if (this.blocked) this.armStall();
    else if (this.log.terminal && this.next > this.log.lastSeq) this.end();
  };

  /** Whole blocks from the reader's place, up to the limit of one write. */
  private gather(): string {
    let blocks = '';
    let bytes = 0;
    while (this.next <= this.log.lastSeq) {
      const block = this.block(this.next);
      bytes += Buffer.byteLength(block);
      if (bytes > WRITE_LIMIT_BYTES && blocks !== '') break;
      blocks += block;
      this.next += 1;
    }
    return blocks;
  }

  private block(seq: number): string {
    const id = this.options.withIds ? seq : null;
    const { terminal } = this.log;
    if (terminal && seq > this.log.tokenCount) return terminalBlock(terminal, this.ids, id);
    return tokenBlock(this.log.textAt(seq), id);
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
    this.response.off('drain', this.resume);
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
      if (!this.blocked) {
        this.blocked = !this.response.write(KEEP_ALIVE);
        this.lastWriteAt = performance.now();
        if (this.blocked) this.armStall();
      }
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
