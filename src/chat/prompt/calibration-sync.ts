import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { AppLogger } from '../../observability/app-logger.js';
import { Store } from '../../store/store.js';
import { TokenCalibrations } from './token-calibrations.js';

/** How often what was learnt is stored, if it changed notably. */
const STORE_MS = 10_000;
/** How often what other workers learnt is read, in times of the above. */
const READ_EVERY = 6;
/** How long the start and the end of the process wait for the store. */
const LONGEST_WAIT_MS = 1_000;

/**
 * Keeps what was learnt of models in the store, beside the turns: no answer waits for it, and a store
 * that cannot be used is tried again.
 */
@Injectable()
export class CalibrationSync implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private rounds = 0;
  private isRead = false;
  private busy = false;

  constructor(
    private readonly store: Store,
    private readonly calibrations: TokenCalibrations,
    private readonly logger: AppLogger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.round(), STORE_MS);
    this.timer.unref();
    await atMost(this.attempt(() => this.read()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await atMost(this.attempt(() => this.write()));
  }

  private async round(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.rounds += 1;
    const readsOthers = this.store.shared && this.rounds % READ_EVERY === 0;
    if (!this.isRead || readsOthers) await this.attempt(() => this.read());
    await this.attempt(() => this.write());
    this.busy = false;
  }

  private async read(): Promise<void> {
    this.calibrations.take(await this.store.calibrations.all());
    this.isRead = true;
  }

  private async write(): Promise<void> {
    const learnt = this.calibrations.unstored();
    if (learnt.length === 0) return;
    try {
      await this.store.calibrations.save(learnt);
    } catch (error) {
      this.calibrations.notStored(learnt);
      throw error;
    }
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.debug('The corrections of token estimates could not be stored or read', {
        error,
      });
    }
  }
}

async function atMost(work: Promise<void>): Promise<void> {
  await Promise.race([work, delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
}
