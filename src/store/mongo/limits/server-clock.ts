import type { Db } from 'mongodb';

/** How long a measured difference is believed. */
const REMEASURE_MS = 60_000;

/**
 * The server's clock, in epoch milliseconds, to a round trip's precision: those of nodes may differ
 * by minutes. Counted on with the monotonic clock of this process.
 */
export class ServerClock {
  private ahead: number | null = null;
  private measuredAt = 0;

  async now(db: Db): Promise<number> {
    const here = performance.now();
    if (this.ahead === null || here - this.measuredAt > REMEASURE_MS) await this.measure(db);
    return Math.round(performance.now() + (this.ahead ?? 0));
  }

  private async measure(db: Db): Promise<void> {
    const { localTime } = await db.command({ hello: 1 });
    if (!(localTime instanceof Date)) throw new Error('The server does not tell its time');
    this.measuredAt = performance.now();
    this.ahead = localTime.getTime() - this.measuredAt;
  }
}
