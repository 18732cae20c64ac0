import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { settledWithin } from '../common/settled-within.js';
import type { GenerationRecord } from '../domain/generation.js';
import { generationNotFound } from '../store/conversation-errors.js';
import { GenerationStore } from '../store/generation-store.js';
import { WorkerCoordination } from '../store/worker-coordination.js';
import type { Answer } from './answer.js';
import { Answers } from './answers.js';
import type { LiveGeneration } from './live/live-generation.js';
import { LiveGenerations } from './live/live-generations.js';
import { OrphanedGenerations } from './workers/orphaned-generations.js';

/** The request that claims an id may arrive shortly after the request that cancels it. */
const CLAIM_WAIT_MS = 250;
/** How long a cancel waits for the store to have the end. */
const STORED_WAIT_MS = 800;
/** How long a cancelled generation of another worker may take to end. */
const REMOTE_END_WAIT_MS = 5_000;
const POLL_MS = 50;

/** The receipt of a cancel. */
export type CancelReceipt = Pick<
  GenerationRecord,
  'id' | 'status' | 'phase' | 'response' | 'parts' | 'usage' | 'upstreamClosed'
>;

/** Generations for other requests than the one that started them: read, resume, cancel. */
@Injectable()
export class GenerationService {
  constructor(
    private readonly generations: GenerationStore,
    private readonly coordination: WorkerCoordination,
    private readonly live: LiveGenerations,
    private readonly answers: Answers,
    private readonly orphaned: OrphanedGenerations,
  ) {}

  /**
   * The stored record; for a generation of this process, with the text that is not stored yet.
   * Throws `generation_not_found`.
   */
  async find(ownerId: string, id: string): Promise<GenerationRecord> {
    const record = await this.generations.find(ownerId, id);
    if (!record) throw generationNotFound();
    const live = this.live.get(record.key);
    if (!live || record.finishedAt !== null) return record;
    const { phase, startedAt, log, end } = live;
    if (live.unsaved && end) return { ...record, startedAt, ...end };
    return {
      ...record,
      status: startedAt === null ? 'queued' : 'running',
      phase,
      startedAt,
      ...log.written(live.thinkingMs()),
      seq: log.tokenCount,
    };
  }

  /** Its place in the queue, 1 is next; null unless it waits. */
  async queuePosition({ key, status }: GenerationRecord): Promise<number | null> {
    if (status !== 'queued') return null;
    const live = this.live.get(key);
    if (live) return live.ticket.position();
    return (await this.coordination.queuePositions([key])).get(key) ?? null;
  }

  /**
   * Its events, which can be read from any number on. Throws `generation_not_found`, also after
   * their retention.
   */
  async answer(ownerId: string, id: string): Promise<Answer> {
    const answer = await this.answers.events(await this.find(ownerId, id));
    if (!answer) throw generationNotFound();
    return answer;
  }

  /**
   * Stops it and returns how it ended. Throws `generation_not_found`, after a short wait for a
   * request that claims this id.
   */
  async cancel(ownerId: string, id: string): Promise<CancelReceipt> {
    const live = this.live.find(ownerId, id);
    if (live) return this.stop(live);
    const record = await this.generations.find(ownerId, id);
    if (record) return this.stopElsewhere(record);
    const late = await this.live.claimed(ownerId, id, CLAIM_WAIT_MS);
    if (!late) throw generationNotFound();
    return this.stop(late);
  }

  /** Stops one that nobody reads, on whatever worker; false if somebody does. */
  async stopUnread(ownerId: string, id: string): Promise<boolean> {
    const live = this.live.find(ownerId, id);
    if (live && live.readers.present > 0) return false;
    const record = await this.generations.find(ownerId, id);
    if (!record || record.finishedAt !== null) return true;
    if (!live) await this.orphaned.endIfOrphaned(record);
    // Readers here and elsewhere are known together where its worker looks into the store: it decides.
    const key = await this.coordination.requestUnreadStop(ownerId, id);
    if (key === null) return true;
    await outcomeOf(async () => ((await this.coordination.hasUnreadStop(key)) ? null : true));
    const now = await this.generations.find(ownerId, id);
    return !now || now.finishedAt !== null;
  }

  /** Its end, stored or not: a store that refuses it must not delay the response. */
  private async stop(live: LiveGeneration): Promise<CancelReceipt> {
    const { ownerId, id } = live.record;
    live.stop('cancelled');
    const finished = live.finished.then(() => true);
    const inTime = await settledWithin(finished, STORED_WAIT_MS);
    if (!live.end) await finished;
    if (!live.end) return this.stopOther(live);
    if (inTime && (!live.unsaved || live.isCompact)) return this.find(ownerId, id);
    live.endReported = true;
    return { id, ...live.end };
  }

  /**
   * One whose claim came to nothing, and may not yet be released in the store: its id may be that of an
   * earlier generation.
   */
  private async stopOther({
    record: { ownerId, id, key },
  }: LiveGeneration): Promise<CancelReceipt> {
    const record = await this.generations.find(ownerId, id);
    if (!record || record.key === key) throw generationNotFound();
    return this.stopElsewhere(record);
  }

  private async stopElsewhere(record: GenerationRecord): Promise<CancelReceipt> {
    if (record.finishedAt !== null) return record;
    const { ownerId, id } = record;
    await this.orphaned.endIfOrphaned(record);
    return this.endOf((await this.coordination.requestCancel(ownerId, id)) ?? record);
  }

  /** The record once it has ended. Throws `generation_not_found` if nothing of it is kept. */
  private async endOf(record: GenerationRecord): Promise<GenerationRecord> {
    if (record.finishedAt !== null) return record;
    return outcomeOf(async () => {
      const found = await this.generations.find(record.ownerId, record.id);
      if (!found) throw generationNotFound();
      return found.finishedAt === null ? null : found;
    });
  }
}

/**
 * What a request to another worker has come to, once `look` finds anything: it looks for requests several times
 * a second. Throws `store_unavailable` if it does not do so.
 */
async function outcomeOf<T>(look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + REMOTE_END_WAIT_MS;
  while (performance.now() <= deadline) {
    await delay(POLL_MS);
    const found = await look();
    if (found !== null) return found;
  }
  throw new AppError(
    'store_unavailable',
    'The worker of the generation does not respond; the generation is ended when the ' +
      'worker is declared dead',
    { retryAfter: 15 },
  );
}
