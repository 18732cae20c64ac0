import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { Draining } from '../common/lifecycle/draining.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { GenerationRunner } from './generation-runner.js';
import { LiveGenerations } from './live/live-generations.js';

/** How long ended-by-force generations may take to be saved. */
const SAVE_MS = 5_000;

/** Lets the running generations end before the process does; meanwhile all else is still served. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly draining: Draining,
    private readonly runner: GenerationRunner,
    private readonly live: LiveGenerations,
  ) {}

  /** Refuses new generations, waits for the running ones, then ends those that are left as `failed`. */
  async beforeApplicationShutdown(): Promise<void> {
    this.draining.begin();
    this.runner.refuse();
    await this.allSettled(this.settings.shutdown.drainMs);
    for (const live of this.live.running) live.stop('drained');
    await this.allSettled(SAVE_MS);
  }

  private async allSettled(withinMs: number): Promise<void> {
    const enough = new AbortController();
    const settled = Promise.all(
      this.live.running.map((live) => live.settled.then(() => live.unsaved)),
    );
    const timeout = delay(withinMs, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([settled, timeout]);
    enough.abort();
  }
}
