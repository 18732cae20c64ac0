import {
  BatchedRequestCounter,
  type AskedCount,
  type RequestCount,
} from '../../request-counter.js';
import type { PostgresPool } from './postgres-pool.js';

/**
 * One row a client, in one statement however many requests wait. Rows are locked in a fixed order,
 * so that there is no deadlock.
 */
const COUNT = `
  INSERT INTO request_counts AS counted (client, count, ends_at)
  SELECT client, added, now() + "windowMs" * interval '1 millisecond'
    FROM json_to_recordset(CAST($1 AS json))
      AS asked (client text, added integer, "windowMs" integer)
   ORDER BY client
  ON CONFLICT (client) DO UPDATE SET
    count = CASE WHEN counted.ends_at <= now() THEN excluded.count
                 ELSE counted.count + excluded.count END,
    ends_at = CASE WHEN counted.ends_at <= now() THEN excluded.ends_at
                   ELSE counted.ends_at END
  RETURNING client, count,
    CAST(GREATEST(0, CEIL(EXTRACT(EPOCH FROM ends_at - clock_timestamp()) * 1000)) AS integer)
      AS ms_left
`;

/** Skips rows that are being counted. */
const SWEEP = `
  DELETE FROM request_counts WHERE client IN (
    SELECT client FROM request_counts WHERE ends_at < now() FOR UPDATE SKIP LOCKED)
`;

interface CountedRow {
  client: string;
  count: number;
  ms_left: number;
}

/** Counts in a table of PostgreSQL. */
export class PostgresRequestCounter extends BatchedRequestCounter {
  private opened: Promise<void> | null = null;

  /** @param pool - one of its own: counting must not wait for the history's connections */
  constructor(private readonly pool: PostgresPool) {
    super();
  }

  /** Connects, so that no request has to wait for that. If it fails, the next count tries again. */
  async open(): Promise<void> {
    this.opened ??= this.pool.open();
    try {
      await this.opened;
    } catch (error) {
      this.opened = null;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.opened = null;
    await this.pool.close();
  }

  protected async add(asked: AskedCount[]): Promise<Map<string, RequestCount>> {
    await this.open();
    const rows = await this.pool.run((session) =>
      session.query<CountedRow>(COUNT, [JSON.stringify(asked)]),
    );
    return new Map(rows.map(({ client, count, ms_left: msLeft }) => [client, { count, msLeft }]));
  }

  protected async sweep(): Promise<void> {
    await this.pool.run((session) => session.query(SWEEP));
  }
}
