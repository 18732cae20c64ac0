import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { settledWithin } from '../common/settled-within.js';
import type { GenerationRecord } from '../domain/generation.js';
import { GenerationStore } from '../store/generation-store.js';
import { WorkerCoordination } from '../store/worker-coordination.js';
import type { Answer } from './answer.js';
import { Answers } from './answers.js';
import type { CancelReceiptDto, GenerationResponseDto } from './dto/generation-response.dto.js';
import { toCancelReceipt, toGenerationResponse, type Receipt } from './generation-presenter.js';
import type { LiveGeneration } from './live/live-generation.js';
import { LiveGenerations } from './live/live-generations.js';
import { LostGenerations } from './workers/lost-generations.js';

/** The request that claims an id may be a moment behind the one that cancels it. */
const CLAIM_PATIENCE_MS = 250;
/** How long a cancel waits for the store to have the end. */
const RECEIPT_PATIENCE_MS = 800;
/** How long a cancelled generation of another worker may take to end. */
const ELSEWHERE_PATIENCE_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/** Generations from outside their own request: looked at, read again, cancelled. */
@Injectable()
export class GenerationService {
  constructor(
    private readonly generations: GenerationStore,
    private readonly coordination: WorkerCoordination,
    private readonly live: LiveGenerations,
    private readonly answers: Answers,
    private readonly lost: LostGenerations,
  ) {}

  /** How it stands. Throws `generation_not_found`. */
  async status(ownerId: string, id: string): Promise<GenerationResponseDto> {
    return toGenerationResponse(await this.record(ownerId, id));
  }

  /** Its events, to be read from any number. Throws `generation_not_found`, also after their retention. */
  async answer(ownerId: string, id: string): Promise<Answer> {
    const answer = await this.answers.events(await this.record(ownerId, id));
    if (!answer) throw notFound();
    return answer;
  }

  /**
   * Stops it and tells what it had come to; one that has ended tells its own end. Throws
   * `generation_not_found`, after a moment in which the request that claims this id may come.
   */
  async cancel(ownerId: string, id: string): Promise<CancelReceiptDto> {
    const live = this.live.find(ownerId, id);
    if (live) return toCancelReceipt(await this.stop(live));
    const record = await this.generations.find(ownerId, id);
    if (record) return toCancelReceipt(await this.stopElsewhere(record));
    const late = await this.live.claimed(ownerId, id, CLAIM_PATIENCE_MS);
    if (!late) throw notFound();
    return toCancelReceipt(await this.stop(late));
  }

  /** Its end, stored or not: a store that does not take it must not hold up the answer. */
  private async stop(live: LiveGeneration): Promise<Receipt> {
    const { ownerId, id } = live.record;
    live.stop('cancelled');
    const settled = live.settled.then(() => true);
    const inTime = await settledWithin(settled, RECEIPT_PATIENCE_MS);
    if (!live.end) await settled;
    if (!live.end || (inTime && !live.unsaved)) return this.record(ownerId, id);
    live.receiptGiven = true;
    return { id, ...live.end };
  }

  private async stopElsewhere(record: GenerationRecord): Promise<Receipt> {
    if (record.finishedAt !== null) return record;
    const { ownerId, id } = record;
    await this.lost.endIfLost(record);
    return this.endOf((await this.coordination.requestCancel(ownerId, id)) ?? record);
  }

  /** The record once it has ended; its worker looks for stop requests several times a second. */
  private async endOf(record: GenerationRecord): Promise<GenerationRecord> {
    const patience = performance.now() + ELSEWHERE_PATIENCE_MS;
    let current: GenerationRecord | null = record;
    while (current?.finishedAt === null) {
      if (performance.now() > patience) {
        throw new AppError(
          'store_unavailable',
          'The worker that answers does not react; its generation is ended when it is known to be dead',
          { retryAfter: 15 },
        );
      }
      await delay(LOOK_AGAIN_MS);
      current = await this.generations.find(record.ownerId, record.id);
    }
    return current ?? record;
  }

  /** The stored record; of one of this process with what the store does not have yet. */
  private async record(ownerId: string, id: string): Promise<GenerationRecord> {
    const record = await this.generations.find(ownerId, id);
    if (!record) throw notFound();
    const live = this.live.get(record.key);
    if (!live || record.finishedAt !== null) return record;
    const { phase, startedAt, log, end } = live;
    if (live.unsaved && end) return { ...record, startedAt, ...end };
    return {
      ...record,
      status: startedAt === null ? 'queued' : 'running',
      phase,
      startedAt,
      response: log.text(),
      seq: log.tokenCount,
    };
  }
}

function notFound(): AppError {
  return new AppError('generation_not_found', 'Generation not found');
}
