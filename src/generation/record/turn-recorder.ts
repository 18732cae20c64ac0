import { setImmediate as loopTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError, isStoreUnavailable } from '../../common/errors/app-error.js';
import { retry } from '../../common/retry.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import { CONVERSATION_DELETED, generationError, type TerminalEvent } from '../events.js';
import { HistoryRetention } from './history-retention.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { LogWriter } from './log-writer.js';
import { Worker } from '../workers/worker.js';

/** How long readers wait for the end while the store is away, before they are told. */
const SAVE_PATIENCE_MS = 15_000;
/** How long the save is still tried afterwards, for the history's sake. */
const LATE_SAVE_PATIENCE_MS = 10 * 60_000;

/** Takes a turn from the runner to the store: staged, begun, ended. Tokens never wait for it. */
@Injectable()
export class TurnRecorder {
  /** Turns that are being made messages right now; each resolves with whether that is done. */
  private readonly keeping = new Map<LiveGeneration, Promise<boolean>>();

  constructor(
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly retention: HistoryRetention,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  /**
   * The model is being asked, after a wait: one that need not wait was claimed as begun. Only readers
   * elsewhere see it: a failure is not worth a word, and the request goes out first.
   */
  started(live: LiveGeneration): void {
    setImmediate(() => {
      const { phase, startedAt } = live;
      if (startedAt === null || phase === 'ended' || phase === 'queued') return;
      void this.store.generations
        .setPhase(live.record.key, this.worker.id, phase, startedAt)
        .catch(() => undefined);
    });
  }

  /**
   * The first token is there: the staged turn becomes messages, once that token is on its way. An
   * answer that has come whole by then is stored with its end, in one step.
   */
  begun(live: LiveGeneration): void {
    this.logWriter.add(live);
    this.keeping.set(
      live,
      loopTurn().then(() => live.phase !== 'ended' && this.keep(live)),
    );
  }

  /** Records the end, then tells the readers: who sees `done` can read the message. */
  async finish(live: LiveGeneration, end: GenerationEnd): Promise<void> {
    const kept = await this.keeping.get(live);
    this.keeping.delete(live);
    await this.logWriter.remove(live);
    live.end = end;
    const last = await this.save(live, end);
    if (!kept && last.type === 'done') await this.retention.makeRoom(live.record);
    live.log.close(last);
  }

  private async keep(live: LiveGeneration): Promise<boolean> {
    const { key, conversationId } = live.record;
    try {
      const outcome = await this.store.generations.keepTurn(key, this.worker.id, Date.now());
      if (outcome === 'deleted') live.stop('conversation_deleted');
      if (outcome === 'lost') live.stop('lost');
      if (outcome !== 'kept') return false;
      await this.retention.makeRoom(live.record);
      return true;
    } catch (error) {
      // The end is recorded with the turn in any case; until then only the history lags.
      this.logger.warn('The turn could not be saved yet', {
        error,
        generation_id: live.record.id,
        conversation_id: conversationId,
      });
      return false;
    }
  }

  private async save(live: LiveGeneration, end: GenerationEnd): Promise<TerminalEvent> {
    try {
      const outcome = await this.write(live, end, SAVE_PATIENCE_MS);
      if (outcome === 'deleted') return deleted(live, end);
      if (outcome === 'lost' && !(await this.isOurs(live, end))) return lost(live, end);
      return terminal(end);
    } catch (error) {
      this.logger.error('The end of a generation could not be saved', {
        error,
        generation_id: live.record.id,
      });
      return this.saveLate(live, end);
    }
  }

  /** Readers are told now; the history still gets the text if the store comes back. */
  private saveLate(live: LiveGeneration, end: GenerationEnd): TerminalEvent {
    const failure = unsaved();
    const late: GenerationEnd = { ...end, status: 'failed', finishReason: null, error: failure };
    live.end = late;
    void this.write(live, late, LATE_SAVE_PATIENCE_MS).catch((error: unknown) => {
      this.logger.error('An answer was lost: the store did not come back', {
        error,
        generation_id: live.record.id,
      });
    });
    return { type: 'error', error: failure, kept: false };
  }

  /** A connection that broke after our end was written makes the next try find it ended. */
  private async isOurs(live: LiveGeneration, end: GenerationEnd): Promise<boolean> {
    const { ownerId, id, key } = live.record;
    const record = await this.store.generations.find(ownerId, id);
    return (
      record?.key === key && record.status === end.status && record.finishedAt === end.finishedAt
    );
  }

  private write(
    live: LiveGeneration,
    end: GenerationEnd,
    withinMs: number,
  ): Promise<'ended' | 'deleted' | 'lost'> {
    const { key } = live.record;
    const tail = this.logWriter.unsaved(live);
    return retry(() => this.store.generations.finish(key, this.worker.id, end, tail), {
      withinMs,
      firstDelayMs: 50,
      maxDelayMs: 2_000,
      retryable: isStoreUnavailable,
    });
  }
}

function terminal(end: GenerationEnd): TerminalEvent {
  if (end.error) return { type: 'error', error: end.error, kept: end.keep };
  return { type: 'done', finishReason: end.finishReason ?? 'stop', usage: end.usage };
}

function deleted(live: LiveGeneration, end: GenerationEnd): TerminalEvent {
  live.end = { ...end, status: 'cancelled', error: CONVERSATION_DELETED };
  return { type: 'error', error: CONVERSATION_DELETED, kept: false };
}

function lost(live: LiveGeneration, end: GenerationEnd): TerminalEvent {
  const error = end.error ?? unsaved();
  live.end = { ...end, status: 'failed', finishReason: null, error };
  return { type: 'error', error, kept: true };
}

function unsaved(): NonNullable<GenerationEnd['error']> {
  return generationError(
    new AppError('store_unavailable', 'The answer could not be saved; ask for it again'),
  );
}
