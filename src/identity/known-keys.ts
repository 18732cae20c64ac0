import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { repeat } from '../common/repeat.js';
import type { AccessGrant } from '../domain/access-grant.js';
import { grantOf, type ApiKeyRecord } from '../domain/api-key.js';
import { Cancellation } from '../domain/cancellation.js';
import { AppLogger } from '../observability/app-logger.js';
import { Store } from '../store/store.js';
import { storeUnavailable } from '../store/store-errors.js';
import { KeyUses } from './key-uses.js';

/** How often the store is asked whether keys have changed. */
const POLL_MS = 250;
/** What is older cannot vouch for a key any more: it may have been revoked a second ago. */
const FRESH_MS = 1_000;
/** Keys are read again after this time, whether they seem to have changed or not. */
const REREAD_MS = 60_000;

/** A key of the store, as this process knows it. */
export interface KnownKey {
  readonly record: ApiKeyRecord;
  readonly grant: AccessGrant;
  /** Aborts when the key is revoked or removed. */
  readonly withdrawn: Cancellation;
}

interface Read {
  readonly version: string | null;
  readonly at: number;
}

/**
 * The keys of the store in this process's memory, so that requests do not ask the store. One small read a
 * poll finds out whether any has changed.
 */
@Injectable()
export class KnownKeys
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private byDigest: ReadonlyMap<string, KnownKey> = new Map();
  private byId = new Map<string, KnownKey>();
  private read: Read | null = null;
  /** When the last check began that succeeded. */
  private checkedAt = -Infinity;
  private failing = false;
  private everExisted: boolean | null;
  private running: Promise<void> | null = null;
  private next: Promise<void> | null = null;
  private stopPolling = (): void => undefined;
  private readonly uses: KeyUses;

  constructor(
    private readonly store: Store,
    private readonly logger: AppLogger,
  ) {
    this.everExisted = store.keys.isKept ? null : false;
    this.uses = new KeyUses(store.keys);
  }

  /** Whether there is or was any key; null: not known, since the store could not be read yet. */
  get existed(): boolean | null {
    return this.everExisted;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.store.keys.isKept) return;
    await this.refresh().catch(() => undefined);
    this.stopPolling = repeat(
      () => this.poll(),
      POLL_MS,
      (error) => this.logger.debug('The keys could not be read from the store', { error }),
    );
  }

  /** The store is closed later; until then a revocation ends what is still answered. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.uses.write().catch(() => undefined);
  }

  onApplicationShutdown(): void {
    this.stopPolling();
  }

  /** The key of a digest; `'stale'`: what is known is too old to tell. */
  find(digest: string): KnownKey | undefined | 'stale' {
    const isFresh = performance.now() - this.checkedAt <= FRESH_MS;
    return isFresh ? this.byDigest.get(digest) : 'stale';
  }

  /**
   * Resolves once all is known that was in the store when this was called. Throws `store_unavailable`, at
   * once while the polls fail.
   */
  async refresh(): Promise<void> {
    if (!this.running) return this.begin();
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = null;
        return this.begin();
      });
    return this.next;
  }

  /** The same for a request, which does not wait for a store that is away. */
  async learn(): Promise<void> {
    if (this.failing) throw storeUnavailable();
    try {
      await this.refresh();
    } catch (error) {
      throw storeUnavailable(error);
    }
  }

  /** Notes that the key was used now. */
  use({ record }: KnownKey): void {
    this.uses.note(record, Date.now());
  }

  private async poll(): Promise<void> {
    await this.refresh();
    await this.uses.writeDue(Date.now());
  }

  private begin(): Promise<void> {
    this.running = this.check().finally(() => (this.running = null));
    return this.running;
  }

  private async check(): Promise<void> {
    const startedAt = performance.now();
    try {
      const version = await this.store.keys.version();
      // The file of the keys is gone: that there were some is not forgotten, and no key is known.
      if (version === null && this.everExisted) throw storeUnavailable();
      if (this.needsReading(version, startedAt)) await this.readAll({ version, at: startedAt });
      this.checkedAt = startedAt;
      this.failing = false;
    } catch (error) {
      this.failing = true;
      throw error;
    }
  }

  private needsReading(version: string | null, now: number): boolean {
    if (this.read === null || this.read.version !== version) return true;
    return version !== null && now - this.read.at > REREAD_MS;
  }

  private async readAll(read: Read): Promise<void> {
    const records = read.version === null ? [] : await this.store.keys.all();
    if (read.version !== null && !this.everExisted)
      this.logger.info('Requests need an API key: there are or were keys in the store');
    this.everExisted = read.version !== null;
    this.read = read;
    this.replace(records);
  }

  private replace(records: readonly ApiKeyRecord[]): void {
    const before = this.byId;
    this.byId = new Map();
    for (const record of records) {
      const withdrawn = before.get(record.id)?.withdrawn ?? new Cancellation();
      this.byId.set(record.id, { record, grant: grantOf(record), withdrawn });
    }
    this.byDigest = new Map(Array.from(this.byId.values(), (key) => [key.record.digest, key]));
    // After all is known, since listeners may ask.
    for (const [id, { withdrawn }] of new Map([...before, ...this.byId])) {
      const now = this.byId.get(id);
      if (!now || now.record.revokedAt !== null) withdrawn.abort();
    }
  }
}
