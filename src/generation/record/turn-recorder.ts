import { setImmediate as loopTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { settledWithin } from '../../common/settled-within.js';
import type { GenerationEnd } from '../../domain/generation.js';
import { AppLogger } from '../../observability/app-logger.js';
import { HistoryRetention } from '../../store/history-retention.js';
import { Store } from '../../store/store.js';
import { idsOf } from '../events.js';
import type { LiveGeneration } from '../live/live-generation.js';
import { EndWriter } from './end-writer.js';
import { notSavedYet, unsavedEnd, type StoredEnd } from './ends.js';
import { LogWriter } from './log-writer.js';

/** How long readers wait for the end while it cannot be stored. */
const SAVE_WAIT_MS = 15_000;

/**
 * Writes the steps of a turn to the store: started, first token, ended. Tokens never wait for it.
 */
@Injectable()
export class TurnRecorder {
  /** Commits in progress; each resolves with whether it succeeded. */
  private readonly committing = new Map<LiveGeneration, Promise<boolean>>();

  constructor(
    private readonly store: Store,
    private readonly logWriter: LogWriter,
    private readonly ends: EndWriter,
    private readonly retention: HistoryRetention,
    private readonly logger: AppLogger,
  ) {}

  /**
   * The model is called after a wait (a generation that does not wait is claimed as started). Only
   * readers in other processes see this state, so a failure is ignored, and the request is sent
   * first.
   */
  started(live: LiveGeneration): void {
    setImmediate(() => {
      const { phase, startedAt } = live;
      if (startedAt === null || phase !== 'prompt') return;
      void this.store.generations
        .setPhase(live.record.key, live.record.workerId, phase, startedAt)
        .catch(() => undefined);
    });
  }

  /**
   * At the first token the staged turn is committed, after the token was sent. An answer that is
   * already complete is stored with its end, in one step.
   */
  firstToken(live: LiveGeneration): void {
    this.logWriter.add(live);
    this.committing.set(
      live,
      loopTurn().then(() => live.phase !== 'ended' && live.inContext(() => this.commit(live))),
    );
  }

  /**
   * Stores the end, then closes the log with it: a client that receives `done` can read the
   * message. Readers wait for it for some seconds; then they get an error, and the end is stored
   * later.
   */
  async finish(live: LiveGeneration, end: GenerationEnd): Promise<void> {
    live.end = end;
    const storing = this.writeEnd(live, end);
    const stored = await settledWithin(storing, SAVE_WAIT_MS);
    if (stored) {
      live.end = stored.end;
      live.log.close(stored.event);
      return;
    }
    if (!live.endReported) live.end = unsavedEnd(end);
    live.unsaved = storing.then((late) => {
      live.end = late.end;
    });
    live.log.close(notSavedYet(end));
  }

  private async writeEnd(live: LiveGeneration, end: GenerationEnd): Promise<StoredEnd> {
    const committed = await this.committing.get(live);
    this.committing.delete(live);
    await this.logWriter.remove(live);
    const stored = await this.ends.write(live, end);
    if (keepsNothing(stored)) await live.onNothingKept();
    if (!committed && !keepsNothing(stored)) reportConversation(live);
    if (!committed && stored.event.type === 'done') await this.makeRoom(live);
    return stored;
  }

  private async makeRoom({ record }: LiveGeneration): Promise<void> {
    const { ownerId, conversationId, turn } = record;
    if (turn.newConversation) await this.retention.makeRoom(ownerId, conversationId);
  }

  private async commit(live: LiveGeneration): Promise<boolean> {
    const { key, workerId } = live.record;
    try {
      const outcome = await this.store.generations.commitTurn(
        key,
        workerId,
        Date.now(),
        live.parentId,
        live.promptTokens,
      );
      if (outcome === 'deleted') live.stop('conversation_deleted');
      if (outcome === 'lost') live.stop('lost');
      if (outcome !== 'committed') return false;
      reportConversation(live);
      await this.makeRoom(live);
      return true;
    } catch (error) {
      // The end commits the turn in any case; until then only the history lags behind.
      this.logger.warn('The turn could not be committed yet', {
        error,
        generation_id: live.record.id,
        conversation_id: idsOf(live.record).conversationId ?? undefined,
      });
      return false;
    }
  }
}

function reportConversation(live: LiveGeneration): void {
  if (live.record.turn.newConversation) live.onConversationMade();
}

/** A deleted conversation takes all of its turns with it, this one too. */
function keepsNothing({ event }: StoredEnd): boolean {
  return event.type === 'error' && !event.committed;
}
