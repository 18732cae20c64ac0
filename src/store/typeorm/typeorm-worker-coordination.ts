import type { EndExtent, GenerationRecord, GenerationSignal } from '../../domain/generation.js';
import type { LogCursor, LogUpdate } from '../../domain/log-update.js';
import { workerLostEnd } from '../rules/end.js';
import { queuePositions } from '../rules/queue.js';
import { logUpdates, writtenIn } from '../rules/log.js';
import { WorkerCoordination, type WorkerState } from '../worker-coordination.js';
import type { SqlDatabase } from './database/sql-database.js';
import type { LogTable } from './generations/log-table.js';
import type { RecordReader } from './generations/record-reader.js';
import {
  hasUnreadStop,
  readSignals,
  refuseUnreadStop,
  removeWatcher,
  requestCancel,
  requestUnreadStop,
  setWatcher,
} from './generations/stop-requests.js';
import type { TurnWriter } from './generations/turn-writer.js';
import {
  isBusySince,
  lockRunning,
  raiseCounter,
  readQueued,
  readWorkers,
  removeCounter,
  runningUnder,
} from './generations/workers.js';

/** Shared parts of the SQL stores. */
export interface GenerationTables {
  readonly turns: TurnWriter;
  readonly logs: LogTable;
  readonly records: RecordReader;
}

/** Coordination of the workers that share a SQL database. */
export class TypeOrmWorkerCoordination extends WorkerCoordination {
  constructor(
    private readonly database: SqlDatabase,
    private readonly tables: GenerationTables,
    private readonly signal: (key: string) => void,
  ) {
    super();
  }

  get heartbeatMs(): number {
    return this.database.dialect.heartbeatMs;
  }

  heartbeat(workerId: string): Promise<void> {
    const { dialect } = this.database;
    return this.database.coordinate((session) => raiseCounter(session, dialect, workerId), true);
  }

  workers(): Promise<Map<string, WorkerState>> {
    const { dialect } = this.database;
    return this.database.coordinate((session) => readWorkers(session, dialect), false);
  }

  /**
   * If this process dies before it has ended all generations of the worker, the next process finds
   * the rest under a worker without a counter.
   */
  forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    return this.database.transaction(async (session) => {
      if (!(await removeCounter(session, workerId, lastBeat))) return [];
      await removeWatcher(session, workerId);
      return runningUnder(session, workerId);
    });
  }

  /**
   * Ends the generations of workers that are dead for certain; how many. One that cannot be ended yet
   * stays running under a worker without a counter.
   */
  async endLeftovers(workerIds: readonly string[], now: number): Promise<number> {
    if (workerIds.length === 0) return 0;
    const workers = await this.workers();
    let ended = 0;
    for (const workerId of workerIds) {
      const keys = await this.forgetWorker(workerId, workers.get(workerId)?.beat ?? 0);
      for (const key of keys)
        if (await this.endLost(key, workerId, now).catch(() => false)) ended += 1;
    }
    return ended;
  }

  runningUnder(workerId: string): Promise<string[]> {
    return this.database.lookUp((session) => runningUnder(session, workerId));
  }

  endLost(
    key: string,
    workerId: string,
    now: number,
    extent: EndExtent = 'turn',
  ): Promise<boolean> {
    const { logs, turns } = this.tables;
    return this.database.transaction(async (session) => {
      const running = await lockRunning(session, this.database.dialect, key, workerId);
      if (!running) return false;
      const written = writtenIn(await logs.readIn(session, key, 0));
      const end = workerLostEnd(running, written, now);
      return (await turns.endIn(session, { key, workerId, end, tail: null }, extent)) !== 'lost';
    });
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = await this.database.write((session) => requestCancel(session, ownerId, id));
    if (!row) return this.tables.records.byId(ownerId, id);
    this.signal(row.key);
    return this.tables.records.complete(row);
  }

  async requestUnreadStop(ownerId: string, id: string): Promise<string | null> {
    const key = await this.database.write((session) => requestUnreadStop(session, ownerId, id));
    if (key !== null) this.signal(key);
    return key;
  }

  hasUnreadStop(key: string): Promise<boolean> {
    return this.database.coordinate((session) => hasUnreadStop(session, key), false);
  }

  refuseUnreadStop(key: string): Promise<void> {
    return this.database.coordinate((session) => refuseUnreadStop(session, key), true);
  }

  async queuePositions(keys: readonly string[]): Promise<Map<string, number>> {
    return queuePositions(keys, await this.database.read(readQueued));
  }

  isBusySince(time: number): Promise<boolean> {
    return this.database.coordinate((session) => isBusySince(session, time), false);
  }

  signals(workerId: string): Promise<GenerationSignal[]> {
    return this.database.coordinate((session) => readSignals(session, workerId), false);
  }

  watch(key: string, workerId: string, reading: boolean): Promise<void> {
    return this.database.coordinate((session) => setWatcher(session, key, workerId, reading), true);
  }

  async follow(cursors: LogCursor[]): Promise<LogUpdate[]> {
    const { logs, records: reader } = this.tables;
    // Records first: if a generation has ended by then, its log is complete when it is read.
    const records = await reader.byKeys(cursors.map(({ key }) => key));
    const tokens = await logs.readMany(cursors);
    return logUpdates(records, tokens);
  }
}
