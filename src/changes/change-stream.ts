import type { Response } from 'express';
import type { ErrorFields } from '../common/errors/error-response.js';
import type { ConversationSummary } from '../domain/conversation.js';
import type { FeedEntry } from '../store/change-feed.js';
import { block, changeData, READY, RESET } from './change-json.js';

const KEEP_ALIVE_MS = 15_000;
const RETRY_MS = 1_000;
const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

/** Summaries by id; a conversation that is deleted has none. */
export type Summaries = ReadonlyMap<string, ConversationSummary>;

/** What a reader takes from the feed by itself, behind its own cursor. */
export interface ChangeSource {
  /** Number of the last change that all present readers were told. */
  told(): number;
  /** The next changes of the reader's owner, with their conversations; `'lost'` as in `ChangeFeed`. */
  after(cursor: string): Promise<{ entries: FeedEntry[]; summaries: Summaries } | 'lost'>;
  /** The cursor behind all changes. */
  end(): Promise<string>;
}

/** The number of a change in its cursor. */
export function numberOf(cursor: string): number {
  return Number(cursor.slice(0, cursor.indexOf('-')));
}

/**
 * Writes the changes of one owner to one response. Nothing is buffered for a reader but in its socket:
 * one that is slow goes on later from its own cursor.
 */
export class ChangeStream {
  /** All changes up to this number were written, or are another owner's. */
  private number: number;
  private isLive = false;
  private isReady = false;
  private isCatchingUp = false;
  private isClosed = false;
  private refusal: ErrorFields | null = null;
  private blocked = false;
  private lastWriteAt = performance.now();
  private keepAlive: NodeJS.Timeout | null = null;
  private stall: NodeJS.Timeout | null = null;

  /**
   * @param cursor of the last change that the reader has
   * @param since whether it named one, so that later ones are told before it is ready
   */
  constructor(
    private readonly response: Response,
    private readonly source: ChangeSource,
    private cursor: string,
    private readonly stallTimeoutMs: number,
    private readonly onClose: () => void,
  ) {
    this.number = numberOf(cursor);
  }

  /** Headers at once, then what is told since the cursor. */
  begin({ lost, live }: { lost: boolean; live: boolean }): void {
    const { response } = this;
    response.writeHead(200, HEADERS);
    response.flushHeaders();
    response.once('close', this.stop);
    response.on('drain', this.resume);
    this.armKeepAlive(KEEP_ALIVE_MS);
    if (lost) this.write(block(RESET, null));
    if (live) this.goLive();
    else void this.catchUp();
  }

  /**
   * Changes behind number `from`, up to number `to`, of which these are the owner's. A reader that
   * is not there yet reads them by itself.
   */
  tell(from: number, to: number, entries: readonly FeedEntry[], summaries: Summaries): void {
    if (!this.isLive || this.isClosed) return;
    if (from > this.number || this.blocked) {
      void this.catchUp();
      return;
    }
    for (const entry of entries) this.writeEntry(entry, summaries);
    this.number = Math.max(this.number, to);
  }

  /** The changes of the store are not those that the reader was told before. */
  async lose(): Promise<void> {
    this.isLive = false;
    await this.restart().catch(() => this.retry());
  }

  /** Ends it with an error block, once the reader has taken what was written. */
  refuse(refusal: ErrorFields): void {
    this.refusal = refusal;
    if (!this.blocked) this.endRefused(refusal);
  }

  private endRefused(refusal: ErrorFields): void {
    this.write(block(refusal, null));
    this.end();
  }

  end(): void {
    this.stop();
    this.response.end();
  }

  private async catchUp(): Promise<void> {
    this.isLive = false;
    if (this.isCatchingUp || this.blocked) return;
    this.isCatchingUp = true;
    try {
      while (this.canWrite()) {
        const told = this.source.told();
        const page = await this.source.after(this.cursor);
        if (page === 'lost') await this.restart();
        else if (page.entries.length > 0) {
          for (const entry of page.entries) this.writeEntry(entry, page.summaries);
          continue;
        } else this.goLive(told);
        return;
      }
    } catch {
      this.retry();
    } finally {
      this.isCatchingUp = false;
    }
  }

  private canWrite(): boolean {
    return !this.isClosed && !this.blocked && this.refusal === null;
  }

  private async restart(): Promise<void> {
    this.cursor = await this.source.end();
    this.number = numberOf(this.cursor);
    this.write(block(RESET, null));
    this.isReady = false;
    this.goLive();
  }

  /** @param told all up to this number was read */
  private goLive(told = 0): void {
    if (this.isClosed) return;
    this.number = Math.max(this.number, told);
    this.isLive = true;
    if (this.isReady) return;
    this.isReady = true;
    this.write(block(READY, this.cursor));
  }

  /** The store cannot be reached now: the reader stays, and is told later. */
  private retry(): void {
    if (!this.isClosed) setTimeout(() => void this.catchUp(), RETRY_MS).unref();
  }

  private writeEntry(entry: FeedEntry, summaries: Summaries): void {
    const number = numberOf(entry.cursor);
    if (this.isClosed) return;
    this.cursor = entry.cursor;
    if (number <= this.number) return;
    this.number = number;
    const conversation = summaries.get(entry.conversationId) ?? null;
    this.write(block(changeData(entry, conversation), entry.cursor));
  }

  private write(text: string): void {
    if (this.isClosed) return;
    this.lastWriteAt = performance.now();
    this.blocked = !this.response.write(text);
    if (this.blocked) this.armStall();
  }

  private readonly resume = (): void => {
    this.blocked = false;
    if (this.stall) clearTimeout(this.stall);
    this.stall = null;
    if (this.refusal) this.endRefused(this.refusal);
    else void this.catchUp();
  };

  private readonly stop = (): void => {
    if (this.isClosed) return;
    this.isClosed = true;
    if (this.keepAlive) clearTimeout(this.keepAlive);
    if (this.stall) clearTimeout(this.stall);
    this.response.off('drain', this.resume);
    this.onClose();
  };

  private armKeepAlive(delayMs: number): void {
    this.keepAlive = setTimeout(() => {
      const silentMs = performance.now() - this.lastWriteAt;
      if (silentMs < KEEP_ALIVE_MS) {
        this.armKeepAlive(KEEP_ALIVE_MS - silentMs);
        return;
      }
      if (!this.blocked) this.write(':keep-alive\n\n');
      this.armKeepAlive(KEEP_ALIVE_MS);
    }, delayMs);
    this.keepAlive.unref();
  }

  private armStall(): void {
    this.stall ??= setTimeout(() => this.response.destroy(), this.stallTimeoutMs).unref();
  }
}
