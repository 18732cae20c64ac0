import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppLogger } from '../../observability/app-logger.js';
import { storeUnavailable } from '../store-errors.js';
import { StoreStartError } from '../store.js';
import type { Disk } from './disk.js';
import { FolderLocation } from './folder-location.js';
import type { LockHolder } from './lock-holder.js';

export interface LockTimes {
  /** Between two heartbeats, in milliseconds. */
  heartbeatMs: number;
  /** A lock that does not change for this time belongs to a dead process. */
  staleMs: number;
}

/**
 * Prevents a second process from using a folder. The holder changes the lock file regularly. A
 * second process that cannot determine the state of the holder watches the lock: if it changes, the
 * holder is alive, else it is dead.
 */
export class FolderLock {
  private readonly name = randomUUID();
  private heartbeats = 0;
  private state: 'free' | 'held' | 'lost' = 'free';
  private failure: unknown = null;
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  /** When the lock was last confirmed to be ours, on this process's clock. */
  private seenAt = 0;
  private readonly place: FolderLocation;

  constructor(
    private readonly disk: Disk,
    private readonly path: string,
    private readonly logger: AppLogger,
    private readonly times: LockTimes,
    private readonly holder: LockHolder,
  ) {
    this.place = new FolderLocation(dirname(path), logger);
  }

  /** Takes the lock. Throws `StoreStartError` when another process holds it. */
  async acquire(): Promise<void> {
    while (!(await this.disk.create(this.path, this.line()))) {
      const seen = await this.disk.read(this.path);
      if (seen === null) continue;
      if (await this.isAbandoned(seen)) {
        await this.takeOver();
        break;
      }
    }
    this.state = 'held';
    this.failure = null;
    this.seenAt = performance.now();
    this.place.confirm();
    this.scheduleHeartbeat();
  }

  /**
   * Throws unless this process may write into the folder, and the folder is in its place. A process
   * that was suspended so long that another may have taken over checks the lock before it writes
   * anything.
   */
  async assertHeld(): Promise<void> {
    const isSure = this.isFresh() && (await this.place.isUnchanged());
    if (this.state === 'held' && !isSure) {
      // A heartbeat in progress may have checked earlier.
      await this.writing;
      await this.heartbeat();
    }
    this.assertState();
    if (!this.isFresh()) throw storeUnavailable(this.failure);
  }

  /** Throws unless the last heartbeat could be written. */
  assertHeartbeat(): void {
    this.assertState();
    if (this.failure !== null) throw storeUnavailable(this.failure);
  }

  async release(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const held = this.state === 'held';
    this.state = 'free';
    await this.writing;
    try {
      if (held && (await this.isOurs())) await this.disk.remove(this.path);
    } catch (error) {
      this.logger.warn('The lock of the history folder could not be removed', { error });
    }
  }

  /** Whether its process is dead; throws if it is alive. */
  private async isAbandoned(seen: string): Promise<boolean> {
    const [, , ...holder] = (seen.split('\n')[0] ?? '').split(' ');
    switch (this.holder.livenessOf(holder.join(' '))) {
      case 'alive':
        throw inUse();
      case 'dead':
        return true;
      case 'unknown':
        this.logger.info('The history folder has a lock; checking whether its process is alive');
        return this.standsStill(seen);
    }
  }

  /** False if the lock was released meanwhile; throws if it changes. */
  private async standsStill(seen: string): Promise<boolean> {
    const until = performance.now() + this.times.staleMs;
    while (performance.now() < until) {
      await delay(this.times.heartbeatMs / 2);
      const now = await this.disk.read(this.path);
      if (now === null) return false;
      if (now !== seen) throw inUse();
    }
    return true;
  }

  /**
   * If two processes take over at once, the later one gets the lock, and the other detects it
   * before it writes.
   */
  private async takeOver(): Promise<void> {
    await this.disk.writeAt(this.path, 0, this.line());
    await delay(this.times.heartbeatMs);
    if (!(await this.isOurs())) throw inUse();
    this.logger.warn('Took over the history folder from a process that died');
  }

  private isFresh(): boolean {
    return performance.now() - this.seenAt < this.times.staleMs;
  }

  private scheduleHeartbeat(): void {
    this.timer = setTimeout(() => {
      void this.heartbeat().finally(() => {
        if (this.state === 'held') this.scheduleHeartbeat();
      });
    }, this.times.heartbeatMs).unref();
  }

  private heartbeat(): Promise<void> {
    this.writing ??= this.writeHeartbeat().finally(() => (this.writing = null));
    return this.writing;
  }

  private async writeHeartbeat(): Promise<void> {
    const begunAt = performance.now();
    try {
      const content = await this.disk.read(this.path);
      if (content !== null && !content.startsWith(this.name)) {
        this.state = 'lost';
        this.logger.error(
          'Another process took over the history folder; nothing is written any more',
        );
        return;
      }
      // Without our lock it may be another folder; with the lock it is ours, even if its inode
      // number has changed.
      if (content === null) await this.place.look();
      else if (!(await this.place.isUnchanged())) this.place.confirm();
      if (this.state !== 'held' || !this.place.isSame) return;
      // Neither creates the folder if it was removed.
      if (content === null) await this.disk.create(this.path, this.line());
      else await this.disk.rewrite(this.path, this.line());
      this.failure = null;
      this.seenAt = begunAt;
    } catch (error) {
      if (this.failure === null)
        this.logger.warn('The history folder cannot be written', { error });
      this.failure = error;
    }
  }

  private assertState(): void {
    if (this.state !== 'held') throw storeUnavailable(`the folder's lock is ${this.state}`);
    if (this.place.trouble) throw storeUnavailable(this.place.trouble);
  }

  private async isOurs(): Promise<boolean> {
    return (await this.disk.read(this.path))?.startsWith(this.name) ?? false;
  }

  /** Of constant length, so that it can overwrite the previous one. */
  private line(): string {
    return `${this.name} ${String(++this.heartbeats).padStart(12, '0')} ${this.holder.self}\n`;
  }
}

function inUse(): StoreStartError {
  return new StoreStartError(
    'HISTORY_FILE_PATH: another process uses this folder; stop it, give each process a folder of ' +
      'its own, or set HISTORY_STORAGE_TYPE=database',
  );
}
