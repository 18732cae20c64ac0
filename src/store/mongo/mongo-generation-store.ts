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
import type { MongoDatabase } from './database/mongo-database.js';
import { Claim } from './generations/claim.js';
import { keepTurn } from './generations/commit-turn.js';
import { finish } from './generations/finish.js';
import { appendLogs, readLog, readLogs } from './generations/log-book.js';
import { endForDead, endLeftByReapers, forgetWorker, runningUnder } from './generations/reaper.js';
import {
  completed,
  deletedAmong,
  recordById,
  recordByIdempotencyKey,
  recordsByKeys,
} from './generations/record-reader.js';
import { beats, flagCancelled, setWatcher, signalsOf } from './generations/signals.js';
import { sweep } from './generations/sweep.js';

/** Generations in MongoDB; every write is one document, fenced by its own filter. */
export class MongoGenerationStore extends GenerationStore {
  private readonly claims: Claim;

  constructor(
    private readonly database: MongoDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
    this.claims = new Claim(database);
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const claim = await this.claims.take(generation);
    if (claim.outcome !== 'idempotent') return claim;
    const record = await this.database.use((all) => completed(all, claim.document));
    return { outcome: 'idempotent', generation: record };
  }

  async abandon(key: string, workerId: string): Promise<void> {
    await this.database.use(({ generations }) =>
      generations.deleteOne({
        _id: key,
        runningOn: workerId,
        closedAt: null,
        turnState: 'staged',
      }),
    );
  }

  keepTurn(key: string, workerId: string, now: number): Promise<'kept' | 'deleted' | 'lost'> {
    return this.database.use((all) => keepTurn(all, key, workerId, now));
  }

  async setPhase(
    key: string,
    workerId: string,
    phase: 'loading' | 'prompt' | 'generating',
    now: number,
  ): Promise<void> {
    await this.database.use(({ generations }) =>
      generations.updateOne(
        { _id: key, runningOn: workerId, closedAt: null },
        // The smallest of a field that is missing is what comes first.
        { $set: { phase, status: 'running' }, $min: { startedAt: now } },
      ),
    );
  }

  append(workerId: string, batches: LogBatch[]): Promise<string[]> {
    if (batches.length === 0) return Promise.resolve([]);
    return this.database.use(async (all) => {
      const lost = await appendLogs(all, workerId, batches);
      if (lost.length > 0) await endLeftByReapers(all, workerId, lost);
      return lost;
    });
  }

  finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent: EndExtent = 'turn',
  ): Promise<'ended' | 'deleted' | 'lost'> {
    return this.database.use((all) => finish(all, { key, workerId, end, tail, extent }));
  }

  find(ownerId: string, id: string): Promise<GenerationRecord | null> {
    return this.database.read((all) => recordById(all, ownerId, id));
  }

  findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    return this.database.read((all) => recordByIdempotencyKey(all, ownerId, key));
  }

  readLog(key: string, after: number): Promise<LogBatch[]> {
    return this.database.read((all) => readLog(all, key, after));
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const key = await this.database.use((all) => flagCancelled(all, ownerId, id));
    if (key !== null) this.signal(key);
    return this.find(ownerId, id);
  }

  watch(key: string, workerId: string, reading: boolean): Promise<void> {
    return this.database.coordinate((all) => setWatcher(all, key, workerId, reading));
  }

  follow(cursors: LogCursor[]): Promise<LogUpdate[]> {
    return this.database.read(async (all) => {
      // Records first: the log of one that had ended by then is whole when it is read.
      const records = await recordsByKeys(
        all,
        cursors.map(({ key }) => key),
      );
      const tokens = await readLogs(all, cursors);
      return records.map((record) => ({
        key: record.key,
        tokens: tokens.get(record.key) ?? [],
        ended: record.finishedAt === null ? null : record,
      }));
    });
  }

  signals(workerId: string): Promise<GenerationSignal[]> {
    return this.database.coordinate((all) => signalsOf(all, workerId));
  }

  async heartbeat(workerId: string): Promise<void> {
    await this.database.coordinate(({ workers }) =>
      workers.updateOne({ _id: workerId }, { $inc: { beat: 1 } }, { upsert: true }),
    );
  }

  workers(): Promise<Map<string, number>> {
    return this.database.coordinate(beats);
  }

  forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    return this.database.use((all) => forgetWorker(all, workerId, lastBeat));
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
    return this.database.use((all) => endForDead(all, { key, workerId, now, extent }));
  }

  deletedAmong(keys: readonly string[]): Promise<string[]> {
    return this.database.use((all) => deletedAmong(all, keys));
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return this.database.use((all) => sweep(all, cutoffs));
  }
}
