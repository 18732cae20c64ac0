import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  LogBatch,
  NewGeneration,
} from '../../domain/generation.js';
import { Semaphore } from '../../common/semaphore.js';
import { GenerationStore, type StagedPlace } from '../generation-store.js';
import { storeBusy } from '../store-errors.js';
import { eraseEnded } from './conversations/purge.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { claim, type DocumentClaim } from './generations/claim.js';
import { claimBelow } from './generations/claim-below.js';
import { commitTurn } from './generations/commit-turn.js';
import { finish } from './generations/finish.js';
import { appendLogs, readLog } from './generations/logs.js';
import { completeReaped } from './generations/lost-generations.js';
import {
  activeInOne,
  completed,
  deletedAmong,
  recordById,
  recordByIdempotencyKey,
  stagedTurnOf,
} from './generations/record-reader.js';
import { sweep } from './generations/sweep.js';

/** How long a claim with quotas waits for others. */
const MAX_WAIT_MS = 5000;

/** Generations in MongoDB; every write is one document, fenced by its own filter. */
export class MongoGenerationStore extends GenerationStore {
  /** Those of this process would only make each other try again. */
  private readonly quotaClaims = new Semaphore(1, { afterMs: MAX_WAIT_MS, error: storeBusy });

  constructor(private readonly database: MongoDatabase) {
    super();
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const claimed = await this.take(generation);
    if (claimed.outcome !== 'idempotent') return claimed;
    const record = await this.database.use((all) => completed(all, claimed.document));
    return { outcome: 'idempotent', generation: record };
  }

  private take(generation: NewGeneration): Promise<DocumentClaim> {
    const { quotas } = generation.tokens;
    if (!quotas) return this.database.use((all) => claim(all, generation));
    return this.quotaClaims.run(() =>
      this.database.use((all) => claimBelow(all, generation, quotas)),
    );
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

  commitTurn(
    key: string,
    workerId: string,
    now: number,
    parentId: string | null = null,
    promptTokens: number | null = null,
  ): Promise<'committed' | 'deleted' | 'lost'> {
    const found = { parentId, promptTokens };
    return this.database.use((all) => commitTurn(all, key, workerId, now, found));
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
      if (lost.length > 0) await completeReaped(all, workerId, lost);
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

  async freeIdempotencyKey(key: string): Promise<void> {
    await this.database.use(({ generations }) =>
      generations.updateOne({ _id: key, runningOn: null }, { $set: { idempotencyLock: key } }),
    );
  }

  activeIn(ownerId: string, conversationId: string): Promise<string | null> {
    return this.database.read((all) => activeInOne(all, ownerId, conversationId));
  }

  stagedTurn(key: string): Promise<StagedPlace | null> {
    return this.database.read((all) => stagedTurnOf(all, key));
  }

  readLog(key: string, after: number): Promise<LogBatch[]> {
    return this.database.read((all) => readLog(all, key, after));
  }

  deletedAmong(keys: readonly string[]): Promise<string[]> {
    return this.database.use((all) => deletedAmong(all, keys));
  }

  erase(key: string): Promise<void> {
    return this.database.use((all) => eraseEnded(all, { _id: key }));
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return this.database.use((all) => sweep(all, cutoffs));
  }
}
