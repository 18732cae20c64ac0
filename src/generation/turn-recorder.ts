import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { retry } from '../common/retry.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import type { GenerationEnd } from '../domain/generation.js';
import { Logger } from '../observability/logger.js';
import { Store } from '../store/store.js';
import { CONVERSATION_DELETED, generationError, type TerminalEvent } from './events.js';
import type { LiveGeneration } from './live-generation.js';
import { LogWriter } from './log-writer.js';
import { Worker } from './worker.js';

/** How long readers wait for the end while the store is away, before they are told. */
const SAVE_PATIENCE_MS = 15_000;
/** How long the save is still tried afterwards, for the history's sake. */
const LATE_SAVE_PATIENCE_MS = 10 * 60_000;

/** Takes a turn from the runner to the store: staged, begun, ended. Tokens never wait for it. */
@Injectable()
export class TurnRecorder {
  /** Turns that are being made messages right now. */
  private readonly keeping = new Map<LiveGeneration, Promise<void>>();

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  /** The model is being asked. Only readers elsewhere see it: a failure is not worth a word. */
  started(live: LiveGeneration): void {
    void this.store.generations
      .setPhase(live.record.key, this.worker.id, 'prompt', Date.now())
      .catch(() => undefined);
  }

  /** The first token is there: the staged turn becomes messages. */
  begun(live: LiveGeneration): void {
    this.logWriter.add(live);
    this.keeping.set(live, this.keep(live));
  }

  /** Records the end, then tells the readers: who sees `done` can read the message. */
  async finish(live: LiveGeneration, end: GenerationEnd): Promise<void> {
    await this.keeping.get(live);
    this.keeping.delete(live);
    await this.logWriter.remove(live);
    live.end = end;
    live.log.close(await this.save(live, end));
  }

  private async keep(live: LiveGeneration): Promise<void> {
    const { key, conversationId, turn } = live.record;
    try {
      const outcome = await this.store.generations.keepTurn(key, this.worker.id, Date.now());
      if (outcome === 'deleted') live.stop('conversation_deleted');
      if (outcome === 'lost') live.stop('lost');
      if (outcome === 'kept' && turn.newConversation) await this.makeRoom(live);
    } catch (error) {
      // The end is recorded with the turn in any case; until then only the history lags.
      this.logger.warn('The turn could not be saved yet', {
        error,
        generation_id: live.record.id,
        conversation_id: conversationId,
      });
    }
  }

  private async makeRoom(live: LiveGeneration): Promise<void> {
    const { maxConversations } = this.settings.history;
    if (maxConversations === 0) return;
    const { ownerId, conversationId } = live.record;
    const removed = await this.store.conversations.removeOldest(
      ownerId,
      maxConversations,
      conversationId,
    );
    if (removed) {
      this.logger.info('The oldest conversation was removed to make room', {
        conversation_id: removed,
        owner: ownerId,
      });
    }
  }

  private async save(live: LiveGeneration, end: GenerationEnd): Promise<TerminalEvent> {
    try {
      const outcome = await this.write(live, end, SAVE_PATIENCE_MS);
      if (outcome === 'deleted') return deleted(live, end);
      if (outcome === 'lost') return lost(live, end);
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
      retryable: (error) => error instanceof AppError && error.reason === 'store_unavailable',
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
