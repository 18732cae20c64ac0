import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { GenerationRunner } from './generation-runner.js';
import { LiveGenerations } from './live-generations.js';

/** How long ended-by-force generations may take to be saved. */
const SAVE_MS = 5_000;

/** Lets the running generations end before the process does. */
@Injectable()
export class Drain {
  constructor(
    private readonly runner: GenerationRunner,
    private readonly live: LiveGenerations,
  ) {}

  /** Refuses new generations, waits `patienceMs` for the running ones, then ends them as `failed`. */
  async run(patienceMs: number): Promise<void> {
    this.runner.refuse();
    await this.allSettled(patienceMs);
    for (const live of this.live.running) live.stop('drained');
    await this.allSettled(SAVE_MS);
  }

  private async allSettled(withinMs: number): Promise<void> {
    const enough = new AbortController();
    const settled = Promise.all([...this.live.running].map((live) => live.settled));
    const timeout = delay(withinMs, undefined, { signal: enough.signal }).catch(() => undefined);
    await Promise.race([settled, timeout]);
    enough.abort();
  }
}
