import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { settledWithin } from '../common/settled-within.js';
import { Draining } from '../common/lifecycle/draining.js';
import type { ConfigType } from '@nestjs/config';
import { shutdownConfig } from '../config/namespaces.js';
import { GenerationQueue } from './live/generation-queue.js';
import { LiveGenerations } from './live/live-generations.js';

/** How long the ends of generations that were stopped here may take to be saved. */
const SAVE_MS = 5_000;

/** Lets running generations finish before the process ends; other requests are still served. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    @Inject(shutdownConfig.KEY) private readonly settings: ConfigType<typeof shutdownConfig>,
    private readonly draining: Draining,
    private readonly queue: GenerationQueue,
    private readonly live: LiveGenerations,
  ) {}

  /**
   * Refuses new generations, waits for the running ones, then ends the remaining ones as `failed`.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.draining.begin();
    this.queue.close();
    await this.allFinished(this.settings.drainMs);
    for (const live of this.live.running) live.stop('drained');
    await this.allFinished(SAVE_MS);
  }

  private async allFinished(withinMs: number): Promise<void> {
    const finished = this.live.running.map((live) => live.finished.then(() => live.unsaved));
    await settledWithin(Promise.all(finished), withinMs);
  }
}
