import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { GenerationRecord } from '../../domain/generation.js';
import { Logger } from '../../observability/logger.js';
import { WorkerCoordination } from '../../store/worker-coordination.js';
import type { Answer } from '../answer.js';
import { Worker } from './worker.js';
import { Mirror } from './mirror.js';

const POLL_MS = 100;
/** A mirror that nobody reads is kept for so long: its reader may be about to come. */
const IDLE_MS = 2_000;

/**
 * Logs of generations that other workers run, for readers of this one. However many read, the store
 * is asked once a tick for all of them.
 */
@Injectable()
export class Mirrors implements OnApplicationShutdown {
  private readonly mirrors = new Map<string, Mirror>();
  private timer: NodeJS.Timeout | null = null;
  private polling: Promise<void> | null = null;

  constructor(
    private readonly coordination: WorkerCoordination,
    private readonly worker: Worker,
    private readonly logger: Logger,
  ) {}

  /** The answer as the store has it by now, growing from then on. */
  async follow(record: GenerationRecord): Promise<Answer> {
    let mirror = this.mirrors.get(record.key);
    if (!mirror) {
      mirror = new Mirror(record);
      this.mirrors.set(record.key, mirror);
      // The worker that runs it then brings its log to the store more often, and counts us as readers.
      await this.coordination.watch(record.key, this.worker.id, true);
    }
    await this.poll();
    return this.answerOf(mirror);
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private answerOf(mirror: Mirror): Answer {
    const { id, conversationId, messageId, model } = mirror.record;
    return {
      generationId: id,
      conversationId,
      messageId,
      model,
      log: mirror.log,
      running: 'elsewhere',
      enter: () => this.enter(mirror),
      finishedAt: () => mirror.ended?.finishedAt ?? null,
    };
  }

  private enter(mirror: Mirror): () => void {
    mirror.readers += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      mirror.readers -= 1;
      mirror.idleSince = performance.now();
      if (mirror.readers === 0) void this.drop(mirror);
    };
  }

  /** Nobody here reads it any more: its worker is told at once, since that may end it. */
  private async drop(mirror: Mirror): Promise<void> {
    const { key } = mirror.record;
    if (this.mirrors.get(key) === mirror) this.mirrors.delete(key);
    if (mirror.ended) return;
    try {
      await this.coordination.watch(key, this.worker.id, this.mirrors.has(key));
    } catch (error) {
      this.logger.debug('The store could not be told that a reader left', { error });
    }
  }

  /** One look for all mirrors; looks never overlap. */
  private async poll(): Promise<void> {
    await this.polling;
    this.polling ??= this.look().finally(() => {
      this.polling = null;
      this.arm();
    });
    await this.polling;
  }

  private arm(): void {
    if (this.timer || this.mirrors.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.poll();
    }, POLL_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    // A mirror may be dropped and made anew meanwhile: what was asked for one is for that one.
    const followed = [...this.mirrors.values()].filter(({ ended }) => !ended);
    const cursors = followed.map(({ record, log }) => ({ key: record.key, after: log.tokenCount }));
    try {
      if (cursors.length > 0) {
        const updates = new Map(
          (await this.coordination.follow(cursors)).map((update) => [update.key, update]),
        );
        for (const mirror of followed) {
          const update = updates.get(mirror.record.key);
          if (update) mirror.apply(update);
          else mirror.vanish();
        }
      }
    } catch (error) {
      this.logger.debug('The store could not be asked for logs', { error });
    }
    const idleBefore = performance.now() - IDLE_MS;
    for (const mirror of this.mirrors.values()) {
      if (mirror.readers === 0 && mirror.idleSince < idleBefore) void this.drop(mirror);
    }
  }
}
