import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../config/namespaces.js';
import type { GenerationRecord } from '../domain/generation.js';
import { GenerationStore } from '../store/generation-store.js';
import { endedAnswer, liveAnswer, type Answer } from './answer.js';
import { CONVERSATION_DELETED } from './events.js';
import type { LiveGeneration } from './live/live-generation.js';
import { RemoteLogs } from './workers/remote-logs.js';
import { LiveGenerations } from './live/live-generations.js';

/** Finds a generation, in this process or in the store, for its readers. */
@Injectable()
export class Answers {
  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
    private readonly live: LiveGenerations,
    private readonly generations: GenerationStore,
    private readonly remoteLogs: RemoteLogs,
  ) {}

  /** The original events, or the whole text as one token if the log was removed. */
  async replay(record: GenerationRecord): Promise<Answer> {
    return (await this.events(record)) ?? endedAnswer(record, []);
  }

  /** The original events; null after the log's retention. */
  async events(record: GenerationRecord): Promise<Answer | null> {
    if (this.isExpired(record)) return null;
    const live = this.live.get(record.key);
    if (live) return isForgotten(record, live) ? null : liveAnswer(live);
    if (record.finishedAt === null) return this.remoteLogs.follow(record);
    const batches = await this.generations.readLog(record.key, 0);
    const tokens = batches.flatMap((batch) => batch.tokens);
    if (tokens.length < record.seq) return null;
    return endedAnswer(record, tokens);
  }

  /** Whether a running generation was stopped or is saving its end. */
  async isEnding(ownerId: string, id: string): Promise<boolean> {
    const live = this.live.find(ownerId, id);
    if (live) return live.ending;
    const record = await this.generations.find(ownerId, id);
    return record === null || record.finishedAt !== null;
  }

  /** Logs are removed some time after they have expired; expired logs are not returned. */
  private isExpired({ finishedAt }: GenerationRecord): boolean {
    const { retentionMs } = this.settings;
    return finishedAt !== null && Date.now() - finishedAt >= retentionMs;
  }
}

/** Whether its conversation, and so the answer, was deleted after its end. */
function isForgotten(record: GenerationRecord, { log: { terminal } }: LiveGeneration): boolean {
  const endedByDeletion = terminal?.type === 'error' && terminal.error === CONVERSATION_DELETED;
  return record.conversationDeleted && terminal !== null && !endedByDeletion;
}
