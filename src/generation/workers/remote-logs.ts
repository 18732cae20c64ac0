import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { GenerationRecord } from '../../domain/generation.js';
import { AppLogger } from '../../observability/app-logger.js';
import { WorkerCoordination } from '../../store/worker-coordination.js';
import { factsOf, type Answer } from '../answer.js';
import { Worker } from './worker.js';
import { RemoteLog } from './remote-log.js';

const POLL_MS = 100;
/** One without readers stays for this time, since its reader may be about to connect. */
const IDLE_MS = 2_000;

/**
 * Logs of generations that other workers run, for readers of this worker. The store is queried once
 * per tick for all of them.
 */
@Injectable()
export class RemoteLogs implements OnApplicationShutdown {
  private readonly remotes = new Map<string, RemoteLog>();
  private timer: NodeJS.Timeout | null = null;
  private polling: Promise<void> | null = null;

  constructor(
    private readonly coordination: WorkerCoordination,
    private readonly worker: Worker,
    private readonly logger: AppLogger,
  ) {}

  /** The answer with its stored events; later events are added as they are stored. */
  async follow(record: GenerationRecord): Promise<Answer> {
    let remote = this.remotes.get(record.key);
    if (!remote) {
      remote = new RemoteLog(record);
      this.remotes.set(record.key, remote);
      // The worker that runs it then stores its log more often, and counts this worker as a reader.
      await this.coordination.watch(record.key, this.worker.id, true);
    }
    await this.poll();
    return this.answerOf(remote);
  }

  onApplicationShutdown(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private async readPositions(waiting: readonly RemoteLog[]): Promise<void> {
    if (waiting.length === 0) return;
    const keys = waiting.map(({ record }) => record.key);
    const positions = await this.coordination.queuePositions(keys);
    for (const remote of waiting) {
      const position = positions.get(remote.record.key);
      if (position !== undefined) remote.waitsAt(position);
    }
  }

  private answerOf(remote: RemoteLog): Answer {
    return {
      ...factsOf(remote.record),
      log: remote.log,
      running: 'elsewhere',
      phases: remote.phases,
      enter: () => this.enter(remote),
      thinkingMs: () => remote.ended?.parts?.thinkingMs ?? null,
      finishedAt: () => remote.ended?.finishedAt ?? null,
    };
  }

  private enter(remote: RemoteLog): () => void {
    remote.readers += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      remote.readers -= 1;
      remote.idleSince = performance.now();
      if (remote.readers === 0) void this.drop(remote);
    };
  }

  /**
   * No client of this worker reads it any more: this is stored at once, since it may end the
   * generation.
   */
  private async drop(remote: RemoteLog): Promise<void> {
    const { key } = remote.record;
    if (this.remotes.get(key) === remote) this.remotes.delete(key);
    if (remote.ended) return;
    try {
      await this.coordination.watch(key, this.worker.id, this.remotes.has(key));
    } catch (error) {
      this.logger.debug('The disconnect of a reader could not be stored', { error });
    }
  }

  /** One query for all remote logs; queries never overlap. */
  private async poll(): Promise<void> {
    await this.polling;
    this.polling ??= this.query().finally(() => {
      this.polling = null;
      this.arm();
    });
    await this.polling;
  }

  private arm(): void {
    if (this.timer || this.remotes.size === 0) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.poll();
    }, POLL_MS);
    this.timer.unref();
  }

  private async query(): Promise<void> {
    // A remote log may have been replaced meanwhile: the result is only for the one that was
    // queried.
    const followed = [...this.remotes.values()].filter(({ ended }) => !ended);
    const cursors = followed.map(({ record, log }) => ({ key: record.key, after: log.tokenCount }));
    try {
      if (cursors.length > 0) {
        const updates = new Map(
          (await this.coordination.follow(cursors)).map((update) => [update.key, update]),
        );
        for (const remote of followed) {
          const update = updates.get(remote.record.key);
          if (update) remote.apply(update);
          else remote.closeAsAbandoned();
        }
        await this.readPositions(followed.filter(({ waits }) => waits));
      }
    } catch (error) {
      this.logger.debug('The logs could not be read from the store', { error });
    }
    const idleBefore = performance.now() - IDLE_MS;
    for (const remote of this.remotes.values()) {
      if (remote.readers === 0 && remote.idleSince < idleBefore) void this.drop(remote);
    }
  }
}
