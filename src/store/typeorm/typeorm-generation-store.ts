import type {
  ClaimResult,
  GenerationEnd,
  GenerationRecord,
  GenerationSignal,
  LogBatch,
  NewGeneration,
} from '../../domain/generation.js';
import { GenerationStore } from '../generation-store.js';
import type { SqlDatabase } from './database/sql-database.js';
import { GenerationEntity } from './entities/index.js';
import { Claim } from './generations/claim.js';
import { RecordReader } from './generations/record-reader.js';
import { LogTable } from './generations/log-table.js';
import { Reaper } from './generations/reaper.js';
import { Sweep } from './generations/sweep.js';
import { TurnWriter } from './generations/turn-writer.js';
import { WorkerTable } from './generations/worker-table.js';

/** Generations in the SQL database; every write is fenced in its own statement. */
export class TypeOrmGenerationStore extends GenerationStore {
  private readonly claims: Claim;
  private readonly turns: TurnWriter;
  private readonly logs: LogTable;
  private readonly records: RecordReader;
  private readonly beats: WorkerTable;

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
         WHERE key = $1 AND worker_id = $2 AND finished_at IS NULL AND turn_state = 'staged'`,
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
         WHERE key = $1 AND worker_id = $2 AND finished_at IS NULL`,
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
  ): Promise<'ended' | 'deleted' | 'lost'> {
    return this.turns.end(key, workerId, end, tail);
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

  async watch(keys: string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.database.write(({ manager }) =>
      manager
        .createQueryBuilder()
        .update(GenerationEntity)
        .set({ watchBeat: () => 'watch_beat + 1' })
        .where('key IN (:...keys) AND finished_at IS NULL', { keys })
        .execute(),
    );
  }

  async signals(workerId: string): Promise<GenerationSignal[]> {
    const rows = await this.database.read((session) =>
      session.query<{ key: string; stop: GenerationSignal['stop']; watch_beat: number }>(
        `SELECT key, stop_signal AS stop, watch_beat FROM generations
         WHERE worker_id = $1 AND finished_at IS NULL
           AND (stop_signal IS NOT NULL OR watch_beat > 0)`,
        [workerId],
      ),
    );
    return rows.map(({ key, stop, watch_beat: watchBeat }) => ({ key, stop, watchBeat }));
  }

  heartbeat(workerId: string): Promise<void> {
    return this.beats.raise(workerId);
  }

  workers(): Promise<Map<string, number>> {
    return this.beats.all();
  }

  reapWorker(workerId: string, lastBeat: number, now: number): Promise<string[]> {
    const { database, beats, logs, turns } = this;
    return new Reaper(database, beats, logs, turns).reap(workerId, lastBeat, now);
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return new Sweep(this.database).run(cutoffs);
  }
}
