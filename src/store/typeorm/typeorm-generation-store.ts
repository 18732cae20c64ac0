import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  LogBatch,
  NewGeneration,
} from '../../domain/generation.js';
import { GenerationStore, type StagedPlace } from '../generation-store.js';
import type { SqlDatabase } from './database/sql-database.js';
import { Claim } from './generations/claim.js';
import { ENDED_WITH_KEY, eraseGenerations } from './generations/erasure.js';
import { STILL_RUNS } from './generations/generation-record.js';
import { Sweep } from './generations/sweep.js';
import type { GenerationTables } from './typeorm-worker-coordination.js';

/** Generations in the SQL database; every write is fenced in its own statement. */
export class TypeOrmGenerationStore extends GenerationStore {
  private readonly claims: Claim;

  constructor(
    private readonly database: SqlDatabase,
    private readonly tables: GenerationTables,
  ) {
    super();
    this.claims = new Claim(database);
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const claim = await this.claims.take(generation);
    if (claim.outcome === 'claimed') this.tables.turns.claimed(generation);
    if (claim.outcome !== 'idempotent') return claim;
    return { outcome: 'idempotent', generation: await this.tables.records.complete(claim.row) };
  }

  async abandon(key: string, workerId: string): Promise<void> {
    this.tables.turns.abandoned(key);
    await this.database.write((session) =>
      session.query(
        `DELETE FROM generations
         WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS} AND turn_state = 'staged'`,
        [key, workerId],
      ),
    );
  }

  commitTurn(
    key: string,
    workerId: string,
    now: number,
    parentId: string | null = null,
    promptTokens: number | null = null,
  ): Promise<'committed' | 'deleted' | 'lost'> {
    return this.tables.turns.commit(key, workerId, now, { parentId, promptTokens });
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
    return this.tables.logs.append(workerId, batches);
  }

  finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent: EndExtent = 'turn',
  ): Promise<'ended' | 'deleted' | 'lost'> {
    return this.tables.turns.end({ key, workerId, end, tail }, extent);
  }

  find(ownerId: string, id: string): Promise<GenerationRecord | null> {
    return this.tables.records.byId(ownerId, id);
  }

  findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    return this.tables.records.byIdempotencyKey(ownerId, key);
  }

  async freeIdempotencyKey(key: string): Promise<void> {
    await this.database.write((session) =>
      session.query(`UPDATE generations SET idempotency_lock = NULL WHERE ${ENDED_WITH_KEY}`, [
        key,
      ]),
    );
  }

  activeIn(ownerId: string, conversationId: string): Promise<string | null> {
    return this.tables.records.activeIn(ownerId, conversationId);
  }

  stagedTurn(key: string): Promise<StagedPlace | null> {
    return this.tables.records.stagedTurn(key);
  }

  readLog(key: string, after: number): Promise<LogBatch[]> {
    return this.tables.logs.read(key, after);
  }

  deletedAmong(keys: readonly string[]): Promise<string[]> {
    return this.tables.records.deletedAmong(keys);
  }

  erase(key: string): Promise<void> {
    return this.database.transaction((session) => eraseGenerations(session, ENDED_WITH_KEY, [key]));
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return new Sweep(this.database).run(cutoffs);
  }
}
