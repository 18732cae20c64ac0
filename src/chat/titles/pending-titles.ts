import type { ModelCommand } from '../chat-command.js';
import type { ClaimedGeneration, TitleJob } from './title-job.js';

/** Conversations that may wait; above it the oldest keep the title that they have. */
const MOST_PENDING = 1_000;
/** So many failures end it for a conversation. */
const MOST_FAILURES = 3;

/** The conversations that wait for a title, oldest first. */
export class PendingTitles {
  private readonly jobs = new Map<string, TitleJob>();

  get next(): TitleJob | null {
    const [first] = this.jobs.values();
    return first ?? null;
  }

  /**
   * An answer has ended. The first of a conversation adds it; a later one moves on the prompt of one
   * that waits, since by then the model server has the longer one in its cache.
   */
  answered(
    { defaultSystem, ask }: ModelCommand,
    { record, isFirstAnswer }: Pick<ClaimedGeneration, 'record' | 'isFirstAnswer'>,
  ): void {
    const { ownerId, conversationId, messageId, model } = record;
    const key = keyOf(record);
    const known = this.jobs.get(key);
    if (!known && !isFirstAnswer) return;
    this.jobs.set(key, {
      ownerId,
      conversationId,
      firstAnswerId: known?.firstAnswerId ?? messageId,
      answerId: messageId,
      model,
      defaultSystem,
      tools: ask.tools,
      failures: known?.failures ?? 0,
    });
    const [oldest] = this.jobs.keys();
    if (this.jobs.size > MOST_PENDING && oldest !== undefined) this.jobs.delete(oldest);
  }

  /** It waits no longer. */
  done(job: TitleJob): void {
    this.jobs.delete(keyOf(job));
  }

  /** It failed once more: the others are first. False if that was the last time. */
  retry(job: TitleJob): boolean {
    const failures = job.failures + 1;
    this.done(job);
    if (failures >= MOST_FAILURES) return false;
    this.jobs.set(keyOf(job), { ...job, failures });
    return true;
  }
}

/** Owner names hold no space. */
function keyOf({ ownerId, conversationId }: Pick<TitleJob, 'ownerId' | 'conversationId'>): string {
  return `${ownerId} ${conversationId}`;
}
