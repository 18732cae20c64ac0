import type { RunningState } from '../../rules/end.js';
import type { Queued } from '../../rules/queue.js';
import type { WorkerState } from '../../worker-coordination.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { RUNS, STILL_RUNS } from './generation-record.js';

/** Increases a worker's heartbeat counter, and marks the session as one of the worker. */
export async function raiseCounter(
  session: SqlSession,
  dialect: Dialect,
  workerId: string,
): Promise<void> {
  const mark = session.isLasting ? dialect.markSession : 'NULL';
  await session.query(
    `INSERT INTO workers (id, beat, marks_sessions)
     SELECT CAST($1 AS varchar), 1, (${mark}) IS NOT NULL WHERE TRUE
     ON CONFLICT (id) DO UPDATE
       SET beat = workers.beat + 1, marks_sessions = excluded.marks_sessions`,
    [workerId],
  );
}

interface WorkerRow {
  id: string;
  beat: number;
  /** Null where sessions do not tell. */
  open: boolean | number | null;
}

/** All workers, also those that run something and have no counter. */
export async function readWorkers(
  session: SqlSession,
  dialect: Dialect,
): Promise<Map<string, WorkerState>> {
  const rows = await session.query<WorkerRow>(
    `SELECT id, beat, CASE WHEN marks_sessions THEN ${dialect.isSessionOpen} END AS open FROM workers
     UNION ALL
     SELECT DISTINCT worker_id, 0, CAST(NULL AS boolean) FROM generations
     WHERE ${RUNS} AND worker_id NOT IN (SELECT id FROM workers)`,
  );
  return new Map(rows.map(({ id, beat, open }) => [id, { beat, session: sessionState(open) }]));
}

function sessionState(open: WorkerRow['open']): WorkerState['session'] {
  if (open === null) return 'unknown';
  return open ? 'open' : 'closed';
}

/** Removes a counter unless it changed from `lastBeat` (0: there is none); false if it changed. */
export async function removeCounter(
  session: SqlSession,
  workerId: string,
  lastBeat: number,
): Promise<boolean> {
  const removed = await session.query(
    'DELETE FROM workers WHERE id = $1 AND beat = $2 RETURNING id',
    [workerId, lastBeat],
  );
  if (removed.length > 0) return true;
  const left = await session.query('SELECT id FROM workers WHERE id = $1', [workerId]);
  return left.length === 0 && lastBeat === 0;
}

/** Keys of the generations that run under a worker. */
export async function runningUnder(session: SqlSession, workerId: string): Promise<string[]> {
  const rows = await session.query<{ key: string }>(
    `SELECT key FROM generations WHERE worker_id = $1 AND ${RUNS}`,
    [workerId],
  );
  return rows.map(({ key }) => key);
}

/**
 * Locks the row of a generation that runs under a worker, so that the worker, if it is alive, appends
 * nothing after the log was read. Null when it does not run.
 */
export async function lockRunning(
  session: SqlSession,
  dialect: Dialect,
  key: string,
  workerId: string,
): Promise<RunningState | null> {
  type Row = Pick<RunningState, 'phase'> & { prompt_estimate: string | number | null };
  const [row] = await session.query<Row>(
    `SELECT g.phase, g.prompt_estimate FROM generations g
     WHERE g.key = $1 AND g.worker_id = $2 AND ${STILL_RUNS}
     ${dialect.lockRows('g', 'update')}`,
    [key, workerId],
  );
  if (!row) return null;
  const { phase, prompt_estimate: estimate } = row;
  return { phase, promptTokens: estimate === null ? null : Number(estimate) };
}

/** All generations that wait. */
export async function readQueued(session: SqlSession): Promise<Queued[]> {
  const rows = await session.query<{ key: string; worker_id: string; created_at: string | number }>(
    `SELECT key, worker_id, created_at FROM generations
     WHERE ${RUNS} AND status = 'queued'`,
  );
  return rows.map(({ key, worker_id: workerId, created_at: createdAt }) => ({
    key,
    workerId,
    createdAt: Number(createdAt),
  }));
}

/** Whether a generation runs or waits, or has ended after `time`; looks into indexes. */
export async function isBusySince(session: SqlSession, time: number): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS busy WHERE EXISTS (SELECT 1 FROM generations WHERE ${RUNS})
     OR EXISTS (SELECT 1 FROM generations WHERE NOT swept AND finished_at > $1)
     OR EXISTS (SELECT 1 FROM generations WHERE swept AND kept = FALSE AND finished_at > $1)
     OR EXISTS (SELECT 1 FROM generations WHERE swept AND kept = TRUE AND finished_at > $1)`,
    [time],
  );
  return rows.length > 0;
}
