import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { settledWithin } from '../common/settled-within.js';
import { Draining } from '../common/lifecycle/draining.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { GenerationQueue } from './live/generation-queue.js';
import { LiveGenerations } from './live/live-generations.js';

/** How long the ends of generations that were stopped here may take to be saved. */
const SAVE_MS = 5_000;

/** Lets the running generations end before the process does; meanwhile all else is still served. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly draining: Draining,
    private readonly queue: GenerationQueue,
    private readonly live: LiveGenerations,
  ) {}

  /** Refuses new generations, waits for the running ones, then ends those that are left as `failed`. */
  async beforeApplicationShutdown(): Promise<void> {
    this.draining.begin();
    this.queue.close();
    await this.allFinished(this.settings.shutdown.drainMs);
    for (const live of this.live.running) live.stop('drained');
    await this.allFinished(SAVE_MS);
  }

  private async allFinished(withinMs: number): Promise<void> {
    const finished = this.live.running.map((live) => live.finished.then(() => live.unsaved));
    await settledWithin(Promise.all(finished), withinMs);
  }
}
