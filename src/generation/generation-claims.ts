import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError, toAppError } from '../common/errors/app-error.js';
import type { ClaimResult, GenerationRecord, NewGeneration } from '../domain/generation.js';
import { Store } from '../store/store.js';
import type { Answer } from './answer.js';
import { Answers } from './answers.js';
import type { Ticket } from './live/generation-queue.js';
import { GenerationRunner } from './generation-runner.js';
import type { LiveGeneration } from './live/live-generation.js';
import { LostGenerations } from './workers/lost-generations.js';
import { Worker } from './workers/worker.js';

/** A busy conversation is looked at again for so long before it is refused: an abort on its way counts. */
const BUSY_PATIENCE_MS = 250;
/** One whose generation is known to be ending is waited for so long. */
const ENDING_PATIENCE_MS = 2_000;
const RETRY_PAUSE_MS = 25;

/** A generation before it is known which process runs it, when, and which stream slot it takes. */
export type UnclaimedGeneration = Omit<NewGeneration, 'workerId' | 'slots' | 'startedAt'>;

/** Who claims, and on what terms. */
export interface Claimant {
  ownerId: string;
  clientId: string;
  /** The client's stream slots, of which a streamed answer takes one; none for any other. */
  slots: string[];
  idempotency: { key: string; fingerprint: string } | null;
}

export type Claim =
  { outcome: 'claimed'; live: LiveGeneration } | { outcome: 'replay'; answer: Answer };

/** Takes what a generation needs (conversation, stream slot, keys) in one step, or says who has it. */
@Injectable()
export class GenerationClaims {
  constructor(
    private readonly store: Store,
    private readonly runner: GenerationRunner,
    private readonly answers: Answers,
    private readonly lost: LostGenerations,
    private readonly worker: Worker,
  ) {}

  /** The generation that the claimant's idempotency key stands for, if it was used before. */
  async replayOf(claimant: Claimant): Promise<Answer | null> {
    const { idempotency, ownerId } = claimant;
    if (!idempotency) return null;
    const record = await this.store.generations.findByIdempotencyKey(ownerId, idempotency.key);
    return record && this.replay(record, claimant);
  }

  async claim(generation: UnclaimedGeneration, claimant: Claimant): Promise<Claim> {
    const ticket = await this.reserve(claimant);
    if ('answer' in ticket) return { outcome: 'replay', answer: ticket.answer };
    // What is spread comes last: after it, V8 gives each object that fields are added to its own shape.
    const record: NewGeneration = {
      workerId: this.worker.id,
      startedAt: ticket.running ? generation.createdAt : null,
      slots: claimant.slots,
      ...generation,
    };
    const live = this.runner.prepare(record, ticket);
    let outcomeKnown = false;
    try {
      const result = await this.claimPatiently(record);
      outcomeKnown = true;
      if (result.outcome === 'claimed') {
        this.runner.admit(live);
        return { outcome: 'claimed', live };
      }
      if (result.outcome !== 'idempotent') throw refusalOf(result, record);
      const answer = await this.replay(result.generation, claimant);
      this.runner.dismiss(live, new AppError('internal', 'Another request is answered instead'));
      return { outcome: 'replay', answer };
    } catch (error) {
      this.runner.dismiss(live, toAppError(error));
      // It may stand all the same, and would keep its conversation for ever.
      if (!outcomeKnown) void this.lost.giveBack(record.key);
      throw error;
    }
  }

  /** Gives back what was claimed for a turn that came to nothing. */
  async abandon(live: LiveGeneration, why: unknown): Promise<void> {
    this.runner.dismiss(live, toAppError(why));
    await this.lost.giveBack(live.record.key);
  }

  /** A place in the queue; when it is full, a retry still gets the answer that it asked for before. */
  private async reserve(claimant: Claimant): Promise<Ticket | { answer: Answer }> {
    try {
      return this.runner.reserve(claimant.clientId);
    } catch (error) {
      const answer = await this.replayOf(claimant);
      if (answer) return { answer };
      throw error;
    }
  }

  private async claimPatiently(record: NewGeneration): Promise<ClaimResult> {
    const startedAt = performance.now();
    for (;;) {
      const result = await this.store.generations.claim(record);
      if (result.outcome !== 'conversation_busy' && result.outcome !== 'slots_taken') return result;
      const ending =
        result.outcome === 'conversation_busy' &&
        (await this.answers.isEnding(record.ownerId, result.activeGenerationId));
      const patience = ending ? ENDING_PATIENCE_MS : BUSY_PATIENCE_MS;
      if (performance.now() - startedAt >= patience) return result;
      await delay(RETRY_PAUSE_MS);
    }
  }

  private replay(record: GenerationRecord, { idempotency }: Claimant): Promise<Answer> {
    if (record.idempotency?.fingerprint !== idempotency?.fingerprint) {
      throw new AppError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another request; use a new key',
      );
    }
    if (record.conversationDeleted) {
      throw new AppError('conversation_deleted', 'The conversation of this request was deleted');
    }
    return this.answers.replay(record);
  }
}

function refusalOf(
  result: Exclude<ClaimResult, { outcome: 'claimed' | 'idempotent' }>,
  { slots }: NewGeneration,
): AppError {
  switch (result.outcome) {
    case 'generation_exists':
      return new AppError(
        'generation_exists',
        'A generation with this generation_id exists already',
      );
    case 'conversation_busy':
      return new AppError(
        'conversation_busy',
        'The conversation is being answered; wait for its end or cancel that generation',
        { activeGenerationId: result.activeGenerationId },
      );
    case 'slots_taken':
      return new AppError(
        'streams_limit',
        `Only ${String(slots.length)} streamed answers may run at once for a client`,
      );
  }
}
