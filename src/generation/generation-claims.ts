import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError, toAppError } from '../common/errors/app-error.js';
import type { CancelSignal } from '../domain/cancellation.js';
import type {
  ClaimResult,
  GenerationRecord,
  NewGeneration,
  UnclaimedGeneration,
} from '../domain/generation.js';
import type { TakenTokens } from '../domain/token-usage.js';
import { tokenLimits, type TokenLimit } from '../domain/token-limits.js';
import { dayOf } from '../domain/utc-days.js';
import { conversationBusy } from '../store/conversation-errors.js';
import { Store } from '../store/store.js';
import type { Answer } from './answer.js';
import { Answers } from './answers.js';
import { GenerationQueue, type Ticket } from './live/generation-queue.js';
import type { LiveGeneration } from './live/live-generation.js';
import { LiveGenerations } from './live/live-generations.js';
import { recordsBefore } from './record/expiry.js';
import { TokensLimitError } from './tokens-limit-error.js';
import { OrphanedGenerations } from './workers/orphaned-generations.js';

/**
 * A busy conversation is retried for this time before it is refused, since a cancel may be in
 * progress.
 */
const BUSY_RETRY_MS = 250;
/** If its generation is known to be ending, it is retried for this time. */
const ENDING_RETRY_MS = 2_000;
const RETRY_PAUSE_MS = 25;

/** The claimant, and its limits. */
export interface Claimant {
  ownerId: string;
  clientId: string;
  /** The client's stream slots, of which a streamed answer takes one; none for any other. */
  slots: string[];
  /** Aborts when the claimant's key is revoked, which stops what was claimed with it. */
  withdrawn: CancelSignal | null;
  idempotency: { key: string; fingerprint: string } | null;
}

export type Claim =
  | {
      outcome: 'claimed';
      live: LiveGeneration;
      /** Where its key stood just before; none where nothing is limited. */
      limits: readonly TokenLimit[];
    }
  | { outcome: 'replay'; answer: Answer };

/**
 * Takes all that a generation needs (conversation, stream slot, keys) in one step, or reports which
 * generation has it.
 */
@Injectable()
export class GenerationClaims {
  constructor(
    private readonly store: Store,
    private readonly queue: GenerationQueue,
    private readonly live: LiveGenerations,
    private readonly answers: Answers,
    private readonly orphaned: OrphanedGenerations,
  ) {}

  /**
   * The generation that the claimant's idempotency key stands for, if it was used in the last day. Ask before
   * a claim: an older one, whose record stays, has its key until then.
   */
  async replayOf(claimant: Claimant): Promise<Answer | null> {
    const { idempotency, ownerId } = claimant;
    if (!idempotency) return null;
    const record = await this.store.generations.findByIdempotencyKey(ownerId, idempotency.key);
    if (!record || (await this.isFreed(record))) return null;
    return this.replay(record, claimant);
  }

  async claim(generation: UnclaimedGeneration, claimant: Claimant): Promise<Claim> {
    const ticket = await this.reserve(claimant);
    if ('answer' in ticket) return { outcome: 'replay', answer: ticket.answer };
    const live = this.live.prepare(generation, claimant.slots, ticket);
    let outcomeKnown = false;
    try {
      const result = await this.claimWithRetries(live.record);
      outcomeKnown = true;
      if (result.outcome === 'claimed') {
        this.live.activate(live);
        live.stopWith(claimant.withdrawn);
        return { outcome: 'claimed', live, limits: limitsOf(result.taken, live.record) };
      }
      if (result.outcome !== 'idempotent') throw refusalOf(result, live.record);
      const answer = await this.replay(result.generation, claimant);
      this.live.discard(live, new AppError('internal', 'Another request is answered instead'));
      return { outcome: 'replay', answer };
    } catch (error) {
      this.live.discard(live, toAppError(error));
      // It may be stored all the same, and would then lock its conversation permanently.
      if (!outcomeKnown) void this.orphaned.release(live.record.key);
      throw error;
    }
  }

  /** Releases the claim of a turn that did not begin; false if the store does that only later. */
  abandon(live: LiveGeneration, why: unknown): Promise<boolean> {
    this.live.discard(live, toAppError(why));
    return this.orphaned.release(live.record.key);
  }

  /**
   * Takes a place in the queue; if it is full, a retry still gets the existing answer of its key.
   */
  private async reserve(claimant: Claimant): Promise<Ticket | { answer: Answer }> {
    try {
      return this.queue.reserve(claimant.clientId);
    } catch (error) {
      const answer = await this.replayOf(claimant);
      if (answer) return { answer };
      throw error;
    }
  }

  private async claimWithRetries(record: NewGeneration): Promise<ClaimResult> {
    const startedAt = performance.now();
    for (;;) {
      const result = await this.store.generations.claim(record);
      if (result.outcome !== 'conversation_busy' && result.outcome !== 'slots_taken') return result;
      const ending =
        result.outcome === 'conversation_busy' &&
        (await this.answers.isEnding(record.ownerId, result.activeGenerationId));
      const retryMs = ending ? ENDING_RETRY_MS : BUSY_RETRY_MS;
      if (performance.now() - startedAt >= retryMs) return result;
      await delay(RETRY_PAUSE_MS);
    }
  }

  /** Whether a record has had its key for long enough: the key is free then, though the record may stay. */
  private async isFreed({ key, finishedAt }: GenerationRecord): Promise<boolean> {
    if (finishedAt === null || finishedAt >= recordsBefore(this.store)) return false;
    await this.store.generations.freeIdempotencyKey(key);
    return true;
  }

  private async replay(record: GenerationRecord, { idempotency }: Claimant): Promise<Answer> {
    if (record.idempotency?.fingerprint !== idempotency?.fingerprint) {
      throw new AppError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another request; use a new key',
      );
    }
    if (record.conversationDeleted) {
      throw new AppError('conversation_deleted', 'The conversation of this request was deleted');
    }
    return record.stateless ? this.replayStateless(record) : this.answers.replay(record);
  }

  /** Without a conversation nothing has its texts after their retention. */
  private async replayStateless(record: GenerationRecord): Promise<Answer> {
    const answer = await this.answers.events(record);
    if (answer) return answer;
    throw new AppError(
      'generation_not_found',
      'The answer to this Idempotency-Key is not kept any more; use a new key',
    );
  }
}

function limitsOf(
  taken: TakenTokens | undefined,
  { tokens, createdAt }: NewGeneration,
): TokenLimit[] {
  return taken && tokens.quotas ? tokenLimits(tokens.quotas, taken, dayOf(createdAt)) : [];
}

function refusalOf(
  result: Exclude<ClaimResult, { outcome: 'claimed' | 'idempotent' }>,
  record: NewGeneration,
): AppError {
  switch (result.outcome) {
    case 'generation_exists':
      return new AppError(
        'generation_exists',
        'A generation with this generation_id exists already',
      );
    case 'conversation_busy':
      return conversationBusy(result.activeGenerationId);
    case 'slots_taken':
      return new AppError(
        'streams_limit',
        `Only ${String(record.slots.length)} streamed answers may run at once for a client`,
      );
    case 'tokens_taken':
      return new TokensLimitError(limitsOf(result.taken, record));
  }
}
