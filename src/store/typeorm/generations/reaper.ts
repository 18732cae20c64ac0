import type { EndExtent, GenerationPhase } from '../../../domain/generation.js';
import { workerLostEnd } from '../../rules/end.js';
import { writtenIn } from '../../rules/log.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { STILL_RUNS } from './generation-record.js';
import type { LogTable } from './log-table.js';
import type { TurnWriter } from './turn-writer.js';
import type { WatcherTable } from './watcher-table.js';
import type { WorkerTable } from './worker-table.js';

/** Ends what dead workers ran. */
export class Reaper {
  constructor(
    private readonly database: SqlDatabase,
    private readonly workers: WorkerTable,
    private readonly watchers: WatcherTable,
    private readonly logs: LogTable,
    private readonly turns: TurnWriter,
  ) {}

  /**
   * Should this process die before it has ended what the worker ran, the rest are a worker's without
   * a counter, for the next process that looks.
   */
  forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    return this.database.transaction(async (session) => {
      if (!(await this.workers.removeAt(session, workerId, lastBeat))) return [];
      await this.watchers.forget(session, workerId);
      return runningOf(session, workerId);
    });
  }

  end(key: string, workerId: string, now: number, extent: EndExtent): Promise<boolean> {
    return this.database.transaction(async (session) => {
      const phase = await this.locked(session, key, workerId);
      if (phase === null) return false;
      const written = writtenIn(await this.logs.readIn(session, key, 0));
      const end = workerLostEnd(phase, written, now);
      const ending = { key, workerId, end, tail: null };
      return (await this.turns.endIn(session, ending, extent)) !== 'lost';
    });
  }

  /** Locks the row, so that the worker, should it live, appends nothing after the log was read. */
  private async locked(
    session: SqlSession,
    key: string,
    workerId: string,
  ): Promise<GenerationPhase | null> {
    const [row] = await session.query<{ phase: GenerationPhase }>(
      `SELECT g.phase FROM generations g
       WHERE g.key = $1 AND g.worker_id = $2 AND ${STILL_RUNS}
       ${this.database.dialect.lockRows('g', 'update')}`,
      [key, workerId],
    );
    return row?.phase ?? null;
  }
}

/** Keys of the generations that run under a worker. */
export async function runningOf(session: SqlSession, workerId: string): Promise<string[]> {
  const rows = await session.query<{ key: string }>(
    'SELECT key FROM generations WHERE worker_id = $1 AND finished_at IS NULL',
    [workerId],
  );
  return rows.map(({ key }) => key);
}
