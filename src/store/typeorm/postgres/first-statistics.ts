import type { AppLogger } from '../../../observability/app-logger.js';
import type { PostgresPool } from './postgres-pool.js';

/** Writes of this process after which the server is to collect statistics. A turn has two or three. */
const AFTER_WRITES = [200, 2_000, 20_000] as const;

/** Those of which each turn reads and writes rows. */
const TABLES = ['conversations', 'messages', 'generations', 'generation_log'].join(', ');

/** Whether the server has collected any of a table whose every row has an owner. */
const KNOWN = `SELECT 1 FROM pg_stats
  WHERE schemaname = current_schema() AND tablename = 'generations' AND attname = 'owner_id'`;

/**
 * Has the server collect the statistics of a database that has none. Until it has some, it believes that an
 * owner has few rows, so that any index by owner finds a row as fast as the row's own; plans that are made then
 * read all rows of the owner with each turn. By itself it collects them a minute after the first rows, or, with
 * its setting `autovacuum` off, never. A worker that starts meanwhile leaves it to the server from then on.
 */
export class FirstStatistics {
  private writes = 0;
  /** The place in `AFTER_WRITES` of the next time; past the end: none. */
  private next = 0;

  constructor(
    /** One more connection: writes do not wait for it. */
    private readonly connection: () => PostgresPool,
    private readonly logger: AppLogger,
  ) {}

  /** To be called with each write of a turn. */
  wrote(): void {
    this.writes += 1;
    if (this.writes !== AFTER_WRITES[this.next]) return;
    this.next += 1;
    void this.collect(this.next === 1);
  }

  /** @param isFirst where statistics that are there are the server's, which then goes on by itself */
  private async collect(isFirst: boolean): Promise<void> {
    const pool = this.connection();
    try {
      await pool.whileOpen(() =>
        pool.run(async (session) => {
          const isKnown = isFirst && (await session.query(KNOWN)).length > 0;
          if (isKnown) this.next = AFTER_WRITES.length;
          // Where another worker or the server is at it, it is done already.
          else await session.query(`ANALYZE (SKIP_LOCKED) ${TABLES}`);
        }),
      );
    } catch (error) {
      this.logger.debug('Statistics of the database could not be collected', { error });
    }
  }
}
