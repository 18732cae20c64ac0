import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  GenerationSignal,
  LogBatch,
  LogCursor,
  LogUpdate,
  NewGeneration,
} from '../../domain/generation.js';
import { GenerationStore } from '../generation-store.js';
import type { SqlDatabase } from './database/sql-database.js';
import { Claim } from './generations/claim.js';
import { STILL_RUNS } from './generations/generation-record.js';
import { LogTable } from './generations/log-table.js';
import { Reaper, runningOf } from './generations/reaper.js';
import { RecordReader } from './generations/record-reader.js';
import { Sweep } from './generations/sweep.js';
import { TurnWriter } from './generations/turn-writer.js';
import { WatcherTable } from './generations/watcher-table.js';
import { WorkerTable } from './generations/worker-table.js';

/** Generations in the SQL database; every write is fenced in its own statement. */
export class TypeOrmGenerationStore extends GenerationStore {
  private readonly claims: Claim;
  private readonly turns: TurnWriter;
  private readonly logs: LogTable;
  private readonly records: RecordReader;
  private readonly beats: WorkerTable;
  private readonly watchers: WatcherTable;
  private readonly reaper: Reaper;

  constructor(
    private readonly database: SqlDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
    this.claims = new Claim(database);
    this.turns = new TurnWriter(database);
    this.logs = new LogTable(database);
    this.records = new RecordReader(database, this.logs);
    this.beats = new WorkerTable(database);
    this.watchers = new WatcherTable(database);
    this.reaper = new Reaper(database, this.beats, this.watchers, this.logs, this.turns);
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const claim = await this.claims.take(generation);
    if (claim.outcome !== 'idempotent') return claim;
    return { outcome: 'idempotent', generation: await this.records.complete(claim.row) };
  }

  async abandon(key: string, workerId: string): Promise<void> {
    await this.database.write((session) =>
      session.query(
        `DELETE FROM generations
         WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS} AND turn_state = 'staged'`,
        [key, workerId],
      ),
    );
  }

  keepTurn(key: string, workerId: string, now: number): Promise<'kept' | 'deleted' | 'lost'> {
    return this.turns.keep(key, workerId, now);
  }

  async setPhase(
    key: string,
    workerId: string,
    phase: 'loading' | 'prompt' | 'generating',
    now: number,
  ): Promise<void> {
    await this.database.write((session) =>
      session.query(
        `UPDATE generations SET phase = $3, status = 'running', started_at = COALESCE(started_at, $4)
         WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}`,
        [key, workerId, phase, now],
      ),
    );
  }

  append(workerId: string, batches: LogBatch[]): Promise<string[]> {
    return this.logs.append(workerId, batches);
  }

  finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent: EndExtent = 'turn',
  ): Promise<'ended' | 'deleted' | 'lost'> {
    return this.turns.end({ key, workerId, end, tail }, extent);
  }

  find(ownerId: string, id: string): Promise<GenerationRecord | null> {
    return this.records.byId(ownerId, id);
  }

  findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    return this.records.byIdempotencyKey(ownerId, key);
  }

  readLog(key: string, after: number): Promise<LogBatch[]> {
    return this.logs.read(key, after);
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = await this.records.flagCancelled(ownerId, id);
    if (!row) return this.records.byId(ownerId, id);
    this.signal(row.key);
    return this.records.complete(row);
  }

  watch(key: string, workerId: string, reading: boolean): Promise<void> {
    return this.watchers.set(key, workerId, reading);
  }

  async follow(cursors: LogCursor[]): Promise<LogUpdate[]> {
    // Records first: the log of one that had ended by then is whole when it is read.
    const records = await this.records.byKeys(cursors.map(({ key }) => key));
    const tokens = await this.logs.readMany(cursors);
    return records.map((record) => ({
      key: record.key,
      tokens: tokens.get(record.key) ?? [],
      ended: record.finishedAt === null ? null : record,
    }));
  }

  signals(workerId: string): Promise<GenerationSignal[]> {
    return this.watchers.signals(workerId);
  }

  heartbeat(workerId: string): Promise<void> {
    return this.beats.raise(workerId);
  }

  workers(): Promise<Map<string, number>> {
    return this.beats.all();
  }

  forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    return this.reaper.forgetWorker(workerId, lastBeat);
  }

  runningUnder(workerId: string): Promise<string[]> {
    return this.database.lookUp((session) => runningOf(session, workerId));
  }

  endLost(
    key: string,
    workerId: string,
    now: number,
    extent: EndExtent = 'turn',
  ): Promise<boolean> {
    return this.reaper.end(key, workerId, now, extent);
  }

  deletedAmong(keys: readonly string[]): Promise<string[]> {
    return this.records.deletedAmong(keys);
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return new Sweep(this.database).run(cutoffs);
  }
}
