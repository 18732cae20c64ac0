import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  LogBatch,
  NewGeneration,
} from '../../domain/generation.js';
import { GenerationStore, type StagedPlace } from '../generation-store.js';
import type { TakenTokens } from '../../domain/token-usage.js';
import { dayOf } from '../../domain/utc-days.js';
import { above } from '../rules/log.js';
import { isBelow } from '../rules/usage.js';
import { GenerationEraser } from './generation-eraser.js';
import { isRunning, type GenerationRow } from './generation-row.js';
import { GenerationSweep, type SweepCutoffs } from './generation-sweep.js';
import type { LocalState } from './local-state.js';
import { TurnWriter } from './turn-writer.js';

/** The generations of a store of one process. */
export class LocalGenerationStore extends GenerationStore {
  private readonly turns: TurnWriter;
  private readonly eraser: GenerationEraser;
  private readonly sweeper: GenerationSweep;

  constructor(private readonly state: LocalState) {
    super();
    this.turns = new TurnWriter(state);
    this.eraser = new GenerationEraser(state);
    this.sweeper = new GenerationSweep(state);
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const { quotas } = generation.tokens;
    const taken = quotas ? this.takenBefore(generation) : NOTHING_TAKEN;
    const claim = this.state.table.claim(generation, quotas === null || isBelow(quotas, taken));
    switch (claim.outcome) {
      case 'claimed':
        await this.saveClaim(claim.row);
        return quotas ? { outcome: 'claimed', taken } : { outcome: 'claimed' };
      case 'tokens_taken':
        return { outcome: 'tokens_taken', taken };
      case 'idempotent':
        return { outcome: 'idempotent', generation: await this.state.record(claim.holder) };
      case 'conversation_busy':
        return { outcome: 'conversation_busy', activeGenerationId: claim.holder.id };
      case 'generation_exists':
      case 'slots_taken':
        return { outcome: claim.outcome };
    }
  }

  async abandon(key: string, workerId: string): Promise<void> {
    await this.state.whileRunning(key, workerId, async (row) => {
      this.state.table.remove(row.key);
      await this.state.persistence.removeGeneration(row.key);
    });
  }

  async commitTurn(
    key: string,
    workerId: string,
    now: number,
    parentId: string | null = null,
    promptTokens: number | null = null,
  ): Promise<'committed' | 'deleted' | 'lost'> {
    const outcome = await this.state.whileRunning(key, workerId, async (row) => {
      if (row.conversationDeleted) return 'deleted';
      if (row.committed) return 'committed';
      const sent = promptTokens === null ? row : sentWith(row, promptTokens);
      return (await this.turns.commit(sent, now, parentId)) ? 'committed' : 'deleted';
    });
    return outcome ?? 'lost';
  }

  async setPhase(
    key: string,
    workerId: string,
    phase: 'loading' | 'prompt' | 'generating',
    now: number,
  ): Promise<void> {
    const row = this.state.table.runningUnder(key, workerId);
    if (!row) return;
    this.state.table.patch(key, { phase, status: 'running', startedAt: row.startedAt ?? now });
  }

  async append(workerId: string, batches: LogBatch[]): Promise<string[]> {
    const lost = await Promise.all(
      batches.map(async (batch) => {
        const written = await this.state.whileRunning(batch.key, workerId, async (row) => {
          await this.write(row, batch);
          return true;
        });
        return written ? [] : [batch.key];
      }),
    );
    return [...new Set(lost.flat())];
  }

  async finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent: EndExtent = 'turn',
  ): Promise<'ended' | 'deleted' | 'lost'> {
    const ended = await this.state.whileRunning(key, workerId, async (row) => {
      if (tail) await this.write(row, tail);
      const current = this.state.table.get(key) ?? row;
      return extent === 'turn' ? this.turns.end(current, end) : this.turns.endRecord(current, end);
    });
    return ended ?? 'lost';
  }

  async find(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findById(ownerId, id);
    return row ? this.state.record(row) : null;
  }

  async findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findByIdempotencyKey(ownerId, key);
    return row ? this.state.record(row) : null;
  }

  async freeIdempotencyKey(key: string): Promise<void> {
    const known = this.state.table.get(key);
    if (!known) return;
    const { ownerId, conversationId } = known;
    await this.state.inConversation(ownerId, conversationId, async () => {
      const row = this.state.table.get(key);
      if (!row || isRunning(row)) return;
      await this.state.persistence.saveGeneration({ ...row, idempotency: null });
      this.state.table.patch(key, { idempotency: null });
    });
  }

  async activeIn(ownerId: string, conversationId: string): Promise<string | null> {
    return this.state.table.activeIn(ownerId, conversationId)?.id ?? null;
  }

  async stagedTurn(key: string): Promise<StagedPlace | null> {
    const row = this.state.table.get(key);
    return row && isRunning(row) && !row.committed ? row.turn : null;
  }

  async readLog(key: string, after: number): Promise<LogBatch[]> {
    return this.state.readLog(key, after);
  }

  async deletedAmong(keys: readonly string[]): Promise<string[]> {
    return keys.filter((key) => {
      const row = this.state.table.get(key);
      if (row === undefined) return true;
      const isEmpty = row.response === '' && row.parts === null;
      return row.conversationDeleted && isEmpty && !isRunning(row);
    });
  }

  erase(key: string): Promise<void> {
    return this.eraser.eraseEnded(key);
  }

  sweep(cutoffs: SweepCutoffs): Promise<void> {
    return this.sweeper.sweep(cutoffs);
  }

  private takenBefore({ ownerId, tokens, createdAt }: NewGeneration): TakenTokens {
    return this.state.taken({ ownerId, keyName: tokens.keyName }, dayOf(createdAt));
  }

  /** A claim that could not be written is undone: it holds no locks. */
  private async saveClaim(row: GenerationRow): Promise<void> {
    try {
      await this.state.persistence.saveGeneration(row);
    } catch (error) {
      this.state.table.remove(row.key);
      throw error;
    }
  }

  /** Writes only events that the log does not have yet: a repeated batch is written once. */
  private async write(row: GenerationRow, batch: LogBatch): Promise<void> {
    const fresh = above(batch, row.seq);
    if (!fresh) return;
    await this.state.persistence.appendLog(fresh);
    this.state.table.patch(row.key, { seq: fresh.firstSeq + fresh.tokens.length - 1 });
  }
}

const NOTHING_TAKEN: TakenTokens = { day: 0, month: 0, running: 0 };

function sentWith(row: GenerationRow, promptTokens: number): GenerationRow {
  return { ...row, tokens: { ...row.tokens, promptTokens } };
}
