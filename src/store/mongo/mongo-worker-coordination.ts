import type { EndExtent, GenerationRecord, GenerationSignal } from '../../domain/generation.js';
import type { LogCursor, LogUpdate } from '../../domain/log-update.js';
import { queuePositions } from '../rules/queue.js';
import { logUpdates } from '../rules/log.js';
import { WorkerCoordination, type WorkerState } from '../worker-coordination.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { readLogs } from './generations/logs.js';
import { endLost } from './generations/lost-generations.js';
import { recordById, recordsByKeys } from './generations/record-reader.js';
import {
  hasUnreadStop,
  readSignals,
  refuseUnreadStop,
  removeWatcher,
  requestCancel,
  requestUnreadStop,
  setWatcher,
} from './generations/stop-requests.js';
import {
  isBusySince,
  raiseCounter,
  readCounters,
  readQueued,
  removeCounter,
  runningUnder,
} from './generations/workers.js';

/** Coordination of the workers that share a MongoDB database. */
export class MongoWorkerCoordination extends WorkerCoordination {
  readonly heartbeatMs = 3_000;

  constructor(
    private readonly database: MongoDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
  }

  heartbeat(workerId: string): Promise<void> {
    return this.database.coordinate((all) => raiseCounter(all, workerId));
  }

  workers(): Promise<Map<string, WorkerState>> {
    return this.database.coordinate(readCounters);
  }

  /**
   * If this process dies before it has ended all generations of the worker, the next process finds
   * the rest under a worker without a counter.
   */
  forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    return this.database.use(async (all) => {
      if (!(await removeCounter(all, workerId, lastBeat))) return [];
      await removeWatcher(all, workerId);
      return runningUnder(all, workerId);
    });
  }

  runningUnder(workerId: string): Promise<string[]> {
    return this.database.use((all) => runningUnder(all, workerId));
  }

  endLost(
    key: string,
    workerId: string,
    now: number,
    extent: EndExtent = 'turn',
  ): Promise<boolean> {
    return this.database.use((all) => endLost(all, { key, workerId, now, extent }));
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const key = await this.database.use((all) => requestCancel(all, ownerId, id));
    if (key !== null) this.signal(key);
    return this.database.read((all) => recordById(all, ownerId, id));
  }

  async requestUnreadStop(ownerId: string, id: string): Promise<string | null> {
    const key = await this.database.use((all) => requestUnreadStop(all, ownerId, id));
    if (key !== null) this.signal(key);
    return key;
  }

  hasUnreadStop(key: string): Promise<boolean> {
    return this.database.coordinate((all) => hasUnreadStop(all, key));
  }

  refuseUnreadStop(key: string): Promise<void> {
    return this.database.coordinate((all) => refuseUnreadStop(all, key));
  }

  async queuePositions(keys: readonly string[]): Promise<Map<string, number>> {
    return queuePositions(keys, await this.database.read(readQueued));
  }

  isBusySince(time: number): Promise<boolean> {
    return this.database.coordinate((all) => isBusySince(all, time));
  }

  signals(workerId: string): Promise<GenerationSignal[]> {
    return this.database.coordinate((all) => readSignals(all, workerId));
  }

  watch(key: string, workerId: string, reading: boolean): Promise<void> {
    return this.database.coordinate((all) => setWatcher(all, key, workerId, reading));
  }

  follow(cursors: LogCursor[]): Promise<LogUpdate[]> {
    return this.database.read(async (all) => {
      // Records first: if a generation has ended by then, its log is complete when it is read.
      const records = await recordsByKeys(
        all,
        cursors.map(({ key }) => key),
      );
      const tokens = await readLogs(all, cursors);
      return logUpdates(records, tokens);
    });
  }
}
