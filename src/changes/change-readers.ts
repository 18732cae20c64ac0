import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import type { Response } from 'express';
import { AppError } from '../common/errors/app-error.js';
import { errorFields } from '../common/errors/error-response.js';
import { keyRevoked } from '../common/errors/key-revoked.js';
import type { RequestContext } from '../common/http/request-context.js';
import { repeat } from '../common/repeat.js';
import { changesConfig, generationConfig, rateLimitConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { ChangeFeed, type FeedEntry } from '../store/change-feed.js';
import { ConversationStore } from '../store/conversation-store.js';
import { ChangeStream, numberOf, type ChangeSource, type Summaries } from './change-stream.js';

const POLL_MS = 250;
/** Changes that are read at once. */
const PAGE = 200;
/** Readers that a client may have at once. */
const MOST_READERS = 20;

interface Reader {
  ownerId: string;
  clientId: string;
  stream: ChangeStream;
  /** Called once it has ended. */
  forget: () => void;
}

/** The settings that readers depend on. */
@Injectable()
export class ChangeSettings {
  constructor(
    @Inject(changesConfig.KEY) readonly changes: ConfigType<typeof changesConfig>,
    @Inject(generationConfig.KEY) readonly generation: ConfigType<typeof generationConfig>,
    @Inject(rateLimitConfig.KEY) readonly rateLimit: ConfigType<typeof rateLimitConfig>,
  ) {}
}

/** The readers of changes in this process. The store is asked once per tick for all of them. */
@Injectable()
export class ChangeReaders implements OnModuleDestroy {
  private readonly readers = new Set<Reader>();
  /** The cursor behind what all readers were told; null while there is none. */
  private cursor: string | null = null;
  private stopPolling: (() => void) | null = null;

  constructor(
    private readonly feed: ChangeFeed,
    private readonly conversations: ConversationStore,
    private readonly settings: ChangeSettings,
    private readonly logger: AppLogger,
  ) {}

  /** A drain ends them before all else: they reconnect elsewhere. */
  onModuleDestroy(): void {
    for (const { stream } of [...this.readers]) stream.end();
  }

  /**
   * Streams the changes of an owner behind a cursor, or from now on. Throws `streams_limit`, `key_revoked` and
   * `store_unavailable` before the headers are sent.
   */
  async open(
    response: Response,
    { ownerId, clientId, withdrawn }: Pick<RequestContext, 'ownerId' | 'clientId' | 'withdrawn'>,
    cursor: string | null,
  ): Promise<void> {
    this.assertFree(clientId);
    const isKept = this.settings.changes.retentionMs > 0;
    const end = await this.feed.end();
    const reader: Reader = {
      ownerId,
      clientId,
      stream: new ChangeStream(
        response,
        this.sourceFor(ownerId),
        cursor !== null && isKept ? cursor : end,
        this.settings.generation.stallTimeoutMs,
        () => this.remove(reader),
      ),
      forget: () => withdrawn?.removeEventListener('abort', refuse),
    };
    const refuse = (): void => reader.stream.refuse(errorFields(keyRevoked()));
    if (response.destroyed) return;
    if (withdrawn?.aborted) throw keyRevoked();
    this.assertFree(clientId);
    withdrawn?.addEventListener('abort', refuse);
    this.readers.add(reader);
    this.cursor ??= end;
    reader.stream.begin({ lost: cursor !== null && !isKept, live: cursor === null || !isKept });
    this.stopPolling ??= repeat(
      () => this.poll(),
      POLL_MS,
      (error) => this.logger.debug('The changes could not be read from the store', { error }),
    );
  }

  private assertFree(clientId: string): void {
    if (!this.settings.rateLimit.enabled) return;
    const own = [...this.readers].filter((reader) => reader.clientId === clientId);
    if (own.length < MOST_READERS) return;
    throw new AppError(
      'streams_limit',
      `Only ${String(MOST_READERS)} streams of changes may be open at once for a client`,
    );
  }

  private remove(reader: Reader): void {
    this.readers.delete(reader);
    reader.forget();
    if (this.readers.size > 0) return;
    this.stopPolling?.();
    this.stopPolling = null;
    this.cursor = null;
  }

  private sourceFor(ownerId: string): ChangeSource {
    return {
      told: () => (this.cursor === null ? 0 : numberOf(this.cursor)),
      end: () => this.feed.end(),
      after: async (cursor) => {
        const entries = await this.feed.after(cursor, PAGE, ownerId);
        if (entries === 'lost') return entries;
        return { entries, summaries: await this.summaries(ownerId, entries) };
      },
    };
  }

  private async poll(): Promise<void> {
    while (this.cursor !== null && (await this.tellNext(this.cursor)));
  }

  /** Whether there may be more. */
  private async tellNext(cursor: string): Promise<boolean> {
    const page = await this.feed.after(cursor, PAGE, null);
    if (page === 'lost') {
      this.cursor = await this.feed.end();
      await Promise.all([...this.readers].map(({ stream }) => stream.lose()));
      return false;
    }
    const last = page.at(-1);
    if (!last) return false;
    const owners = new Set([...this.readers].map(({ ownerId }) => ownerId));
    const told = await Promise.all(
      [...owners].map(async (ownerId) => {
        const entries = page.filter((entry) => entry.ownerId === ownerId);
        return [ownerId, entries, await this.summaries(ownerId, entries)] as const;
      }),
    );
    if (this.cursor !== cursor) return false;
    this.cursor = last.cursor;
    for (const [ownerId, entries, summaries] of told) {
      for (const reader of this.readers) {
        if (reader.ownerId !== ownerId) continue;
        reader.stream.tell(numberOf(cursor), numberOf(last.cursor), entries, summaries);
      }
    }
    return page.length === PAGE;
  }

  private async summaries(ownerId: string, entries: readonly FeedEntry[]): Promise<Summaries> {
    if (entries.length === 0) return new Map();
    const ids = [...new Set(entries.map(({ conversationId }) => conversationId))];
    const found = await this.conversations.summaries(ownerId, ids);
    return new Map(found.map((summary) => [summary.id, summary]));
  }
}
