import type { SqlDatabase, SqlSession } from '../database/sql-database.js';

/** The counters by which workers show that they live. */
export class WorkerTable {
  constructor(private readonly database: SqlDatabase) {}

  async raise(workerId: string): Promise<void> {
    await this.database.coordinate(
      (session) =>
        session.query(
          `INSERT INTO workers (id, beat) VALUES ($1, 1)
           ON CONFLICT (id) DO UPDATE SET beat = workers.beat + 1`,
          [workerId],
        ),
      true,
    );
  }

  /** All counters, with 0 for those who run something without one. */
  async all(): Promise<Map<string, number>> {
    const rows = await this.database.coordinate(
      (session) =>
        session.query<{ id: string; beat: number }>(
          `SELECT id, beat FROM workers
           UNION ALL
           SELECT DISTINCT worker_id, 0 FROM generations
           WHERE finished_at IS NULL AND worker_id NOT IN (SELECT id FROM workers)`,
        ),
      false,
    );
    return new Map(rows.map(({ id, beat }) => [id, beat]));
  }

  /** Removes a counter unless it moved from `lastBeat` (0: there is none); false if it did. */
  async removeAt(session: SqlSession, workerId: string, lastBeat: number): Promise<boolean> {
    const removed = await session.query(
      'DELETE FROM workers WHERE id = $1 AND beat = $2 RETURNING id',
      [workerId, lastBeat],
    );
    if (removed.length > 0) return true;
    const left = await session.query('SELECT id FROM workers WHERE id = $1', [workerId]);
    return left.length === 0 && lastBeat === 0;
  }
}
