import type { GenerationSignal } from '../../../domain/generation.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { STILL_RUNS } from './generation-record.js';

/** Which workers have readers of generations that others run. A row is there while they have. */
export class WatcherTable {
  constructor(private readonly database: SqlDatabase) {}

  async set(key: string, workerId: string, reading: boolean): Promise<void> {
    const statement = reading
      ? `INSERT INTO generation_watchers (generation_key, worker_id)
         SELECT key, CAST($2 AS varchar) FROM generations WHERE key = $1 AND ${STILL_RUNS}
         ON CONFLICT DO NOTHING`
      : 'DELETE FROM generation_watchers WHERE generation_key = $1 AND worker_id = $2';
    await this.database.coordinate((session) => session.query(statement, [key, workerId]), true);
  }

  /** What this worker is to know of its own generations. */
  async signals(workerId: string): Promise<GenerationSignal[]> {
    const rows = await this.database.coordinate(
      (session) =>
        session.query<{ key: string; stop: GenerationSignal['stop']; watchers: number | string }>(
          `SELECT * FROM (
             SELECT key, stop_signal AS stop,
               (SELECT COUNT(*) FROM generation_watchers w WHERE w.generation_key = g.key) AS watchers
             FROM generations g WHERE worker_id = $1 AND finished_at IS NULL
           ) AS own WHERE stop IS NOT NULL OR watchers > 0`,
          [workerId],
        ),
      false,
    );
    return rows.map(({ key, stop, watchers }) => ({ key, stop, watchers: Number(watchers) }));
  }

  /** A dead worker reads nothing. */
  async forget(session: SqlSession, workerId: string): Promise<void> {
    await session.query('DELETE FROM generation_watchers WHERE worker_id = $1', [workerId]);
  }
}
