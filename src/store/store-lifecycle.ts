import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { isStoreUnavailable } from '../common/errors/app-error.js';
import { AppLogger } from '../observability/app-logger.js';
import { Store } from './store.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

/** Opens the storage at the start, retries an unreachable one, closes it at the end. */
@Injectable()
export class StoreLifecycle implements OnModuleInit, OnApplicationShutdown {
  private readonly closing = new AbortController();

  constructor(
    private readonly store: Store,
    private readonly logger: AppLogger,
  ) {}

  /** A database that cannot be reached does not stop the start: the service listens and retries. */
  async onModuleInit(): Promise<void> {
    if (!(await this.opened())) void this.openLater();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing.abort();
    await this.store.close();
  }

  private async opened(): Promise<boolean> {
    try {
      await this.store.open();
      return true;
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      this.logger.warn('The store cannot be reached yet; trying again', {
        error: error.cause ?? error,
      });
      return false;
    }
  }

  private async openLater(): Promise<void> {
    const { signal } = this.closing;
    let pauseMs = FIRST_PAUSE_MS;
    try {
      do {
        await delay(pauseMs, undefined, { signal, ref: false });
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      } while (!(await this.opened()));
      this.logger.info('The store is available');
    } catch (error) {
      if (signal.aborted) return;
      this.logger.fatal('The store cannot be used', { error });
      process.exit(1);
    }
  }
}
