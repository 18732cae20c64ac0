import { RequestCounter, type RequestCount } from '../../request-counter.js';
import type { PostgresDatabase } from '../database/postgres-database.js';

/** Ended windows are removed as often as this, so that the table holds what counts. */
const SWEEP_MS = 60_000;

/**
 * One row a client, in one statement however many requests wait. Rows are taken in one order, so
 * that no two processes wait for each other.
 */
const COUNT = `
  INSERT INTO request_counts AS counted (client, count, ends_at)
  SELECT client, added, now() + window_ms * interval '1 millisecond'
    FROM json_to_recordset(CAST($1 AS json)) AS asked (client text, added integer, window_ms integer)
   ORDER BY client
  ON CONFLICT (client) DO UPDATE SET
    count = CASE WHEN counted.ends_at <= now() THEN excluded.count
                 ELSE counted.count + excluded.count END,
    ends_at = CASE WHEN counted.ends_at <= now() THEN excluded.ends_at
                   ELSE counted.ends_at END
  RETURNING client, count,
    CAST(GREATEST(0, CEIL(EXTRACT(EPOCH FROM ends_at - clock_timestamp()) * 1000)) AS integer) AS ms_left
`;

/** Waits for no row that is being counted. */
const SWEEP = `
  DELETE FROM request_counts WHERE client IN (
    SELECT client FROM request_counts WHERE ends_at < now() FOR UPDATE SKIP LOCKED)
`;

interface CountedRow {
  client: string;
  count: number;
  ms_left: number;
}

interface Waiter {
  resolve: (count: RequestCount) => void;
  reject: (error: unknown) => void;
}

interface Asked {
  windowMs: number;
  waiters: Waiter[];
}

/**
 * Counts in a table of PostgreSQL. Requests that arrive while a statement runs share the next one:
 * a flood costs two round trips, not one each, and those it refuses cost the server nothing.
 */
export class PostgresRequestCounter extends RequestCounter {
  private waiting = new Map<string, Asked>();
  private counting = false;
  private sweptAt = performance.now();

  private opened: Promise<void> | null = null;

  /** @param database - one of its own: counting must not wait for the history's connections */
  constructor(private readonly database: PostgresDatabase) {
    super();
  }

  /** Connects, so that no request has to wait for that. If it fails, the next count tries again. */
  async open(): Promise<void> {
    this.opened ??= this.database.openPool();
    try {
      await this.opened;
    } catch (error) {
      this.opened = null;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.opened = null;
    await this.database.close();
  }

  count(client: string, windowMs: number): Promise<RequestCount> {
    return new Promise((resolve, reject) => {
      const asked = this.waiting.get(client) ?? { windowMs, waiters: [] };
      asked.waiters.push({ resolve, reject });
      this.waiting.set(client, asked);
      if (!this.counting) void this.countAll();
    });
  }

  private async countAll(): Promise<void> {
    this.counting = true;
    while (this.waiting.size > 0) {
      const batch = this.waiting;
      this.waiting = new Map();
      await this.countBatch(batch);
    }
    this.counting = false;
    await this.sweep();
  }

  private async countBatch(batch: Map<string, Asked>): Promise<void> {
    try {
      await this.open();
      const rows = await this.database.write((session) =>
        session.query<CountedRow>(COUNT, [parameter(batch)]),
      );
      for (const row of rows) answer(row, batch.get(row.client)?.waiters ?? []);
    } catch (error) {
      for (const { waiters } of batch.values()) for (const { reject } of waiters) reject(error);
    }
  }

  private async sweep(): Promise<void> {
    if (performance.now() - this.sweptAt < SWEEP_MS) return;
    this.sweptAt = performance.now();
    // What is left over is left for the next time.
    await this.database.write((session) => session.query(SWEEP)).catch(() => undefined);
  }
}

function parameter(batch: Map<string, Asked>): string {
  return JSON.stringify(
    Array.from(batch, ([client, { windowMs, waiters }]) => ({
      client,
      added: waiters.length,
      window_ms: windowMs,
    })),
  );
}

/** Those who waited were counted together; each gets its own place, first come first. */
function answer({ count, ms_left: msLeft }: CountedRow, waiters: Waiter[]): void {
  const before = count - waiters.length;
  waiters.forEach(({ resolve }, index) => resolve({ count: before + index + 1, msLeft }));
}
