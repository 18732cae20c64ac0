import { setImmediate as loopTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { settledWithin } from '../../common/settled-within.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { Logger } from '../../observability/logger.js';
import { Store } from '../../store/store.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { unsavedEnd } from './end-forms.js';
import { EndWriter } from './end-writer.js';
import { HistoryRetention } from './history-retention.js';
import { LogWriter } from './log-writer.js';
import { waitingEvent, type StoredEnd } from './stored-end.js';

/** How long readers wait for the end while the store does not take it. */
const SAVE_PATIENCE_MS = 15_000;

/** Takes a turn from the runner to the store: staged, begun, ended. Tokens never wait for it. */
@Injectable()
export class TurnRecorder {
  /** Turns that are being made messages right now; each resolves with whether that is done. */
  private readonly keeping = new Map<LiveGeneration, Promise<boolean>>();

  constructor(
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly ends: EndWriter,
    private readonly retention: HistoryRetention,
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
        .setPhase(live.record.key, live.record.workerId, phase, startedAt)
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

  /**
   * Records the end, then tells the readers: who sees `done` can read the message. Readers wait for it
   * for some seconds; then they get an error, and the end is stored once the store takes it.
   */
  async finish(live: LiveGeneration, end: GenerationEnd): Promise<void> {
    live.end = end;
    const storing = this.bringToStore(live, end);
    const stored = await settledWithin(storing, SAVE_PATIENCE_MS);
    if (stored) {
      live.end = stored.end;
      live.log.close(stored.event);
      return;
    }
    if (!live.receiptGiven) live.end = unsavedEnd(end);
    live.unsaved = storing.then((late) => {
      live.end = late.end;
    });
    live.log.close(waitingEvent(end));
  }

  private async bringToStore(live: LiveGeneration, end: GenerationEnd): Promise<StoredEnd> {
    const kept = await this.keeping.get(live);
    this.keeping.delete(live);
    await this.logWriter.remove(live);
    const stored = await this.ends.write(live, end);
    if (!kept && stored.event.type === 'done') await this.retention.makeRoom(live.record);
    return stored;
  }

  private async keep(live: LiveGeneration): Promise<boolean> {
    const { key, workerId, conversationId } = live.record;
    try {
      const outcome = await this.store.generations.commitTurn(key, workerId, Date.now());
      if (outcome === 'deleted') live.stop('conversation_deleted');
      if (outcome === 'lost') live.stop('lost');
      if (outcome !== 'committed') return false;
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
}
