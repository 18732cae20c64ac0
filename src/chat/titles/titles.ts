import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { causeText } from '../../common/errors/cause-text.js';
import { AppError, toAppError } from '../../common/errors/app-error.js';
import { Draining } from '../../common/lifecycle/draining.js';
import { repeat } from '../../common/repeat.js';
import { titlesConfig } from '../../config/namespaces.js';
import { Cancellation } from '../../domain/cancellation.js';
import { GenerationActivity } from '../../generation/generation-activity.js';
import { AppLogger, type LogFields } from '../../observability/app-logger.js';
import type { ModelCommand } from '../chat-command.js';
import { PendingTitles } from './pending-titles.js';
import type { ClaimedGeneration, TitleJob } from './title-job.js';
import { TitleMaker } from './title-maker.js';

/** How often generations of other workers are looked for while a model is asked for a title. */
const WATCH_MS = 100;
/** The same before it is asked, while other workers are busy. */
const BUSY_POLL_MS = 500;
/** The least pause after a failure. */
const FAILURE_PAUSE_MS = 250;

/** These are the same each time: the conversation has changed, or is too long to be asked about. */
const FINAL = ['conversation_not_found', 'message_not_found', 'context_exceeded'];

/** An attempt to get one title. */
interface Attempt {
  readonly stop: Cancellation;
  readonly ended: Promise<void>;
}

/**
 * Titles by the model, for conversations that it has answered for the first time. It is asked for one
 * at a time, while no worker generates an answer; when one begins, it is given up and asked for later.
 * What is pending is in memory only: a restart forgets it.
 */
@Injectable()
export class Titles implements OnModuleDestroy {
  private readonly pending = new PendingTitles();
  private timer: NodeJS.Timeout | null = null;
  private attempt: Attempt | null = null;
  private isClosed = false;

  constructor(
    @Inject(titlesConfig.KEY) private readonly settings: ConfigType<typeof titlesConfig>,
    private readonly activity: GenerationActivity,
    private readonly maker: TitleMaker,
    private readonly logger: AppLogger,
    draining: Draining,
  ) {
    draining.onBegin(() => this.close());
    if (settings.enabled) activity.onChange(() => this.onActivity());
  }

  async onModuleDestroy(): Promise<void> {
    this.close();
    await this.attempt?.ended;
  }

  /** Once the claimed turn has ended with the first answer of its conversation, that gets a title. */
  follow(command: ModelCommand, live: ClaimedGeneration): void {
    if (!this.settings.enabled) return;
    void live.finished.then(() => {
      const isAnswer = live.end?.status === 'completed' && live.end.finishReason !== 'tool_calls';
      if (!isAnswer || this.isClosed) return;
      this.pending.answered(command, live);
      this.arm(this.settings.idleMs);
    });
  }

  /** No further attempt is made, and the running one ends at once. */
  private close(): void {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
    this.attempt?.stop.abort();
  }

  private onActivity(): void {
    if (this.activity.isBusyHere) this.attempt?.stop.abort();
    else this.arm(this.settings.idleMs);
  }

  /** One timer, and only while a title is pending and none is asked for. */
  private arm(waitMs: number): void {
    if (this.isClosed || this.timer || this.attempt || !this.pending.next) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.begin();
    }, waitMs);
    this.timer.unref();
  }

  private begin(): void {
    const quietIn = this.activity.quietIn(this.settings.idleMs);
    // The end of what runs here arms it again.
    if (quietIn === null) return;
    const job = this.pending.next;
    if (quietIn > 0 || !job) {
      this.arm(quietIn);
      return;
    }
    const stop = new Cancellation();
    const ended = this.run(job, stop).then((pauseMs) => {
      this.attempt = null;
      this.arm(pauseMs);
    });
    this.attempt = { stop, ended };
  }

  /** Resolves with the pause until the next attempt, in milliseconds. */
  private async run(job: TitleJob, stop: Cancellation): Promise<number> {
    const { idleMs } = this.settings;
    let unwatch = (): void => undefined;
    try {
      if (await this.activity.isBusyAnywhere(idleMs)) return BUSY_POLL_MS;
      unwatch = this.watch(stop);
      stop.throwIfAborted();
      await this.maker.make(job, stop);
      this.pending.done(job);
      this.logger.debug('The model was asked for a title', this.fieldsOf(job));
      return 0;
    } catch (error) {
      // What runs here arms it at its end; what runs elsewhere is looked for.
      if (stop.aborted) return BUSY_POLL_MS;
      const failure = toAppError(error);
      if (failure.reason !== 'store_unavailable') this.failed(job, failure);
      return Math.max(idleMs, FAILURE_PAUSE_MS);
    } finally {
      unwatch();
    }
  }

  /** Gives an attempt up when a generation begins on another worker. */
  private watch(stop: Cancellation): () => void {
    if (!this.activity.isShared) return () => undefined;
    return repeat(
      async () => {
        if (await this.activity.isBusyAnywhere()) stop.abort();
      },
      WATCH_MS,
      (error) => this.logger.debug('Other workers could not be looked for', { error }),
    );
  }

  private failed(job: TitleJob, error: AppError): void {
    const isLast = FINAL.includes(error.reason) || !this.pending.retry(job);
    if (isLast) this.pending.done(job);
    this.logger[isLast ? 'info' : 'debug']('The model could not be asked for a title', {
      ...this.fieldsOf(job),
      reason: error.reason,
      cause: causeText(error),
    });
  }

  private fieldsOf({ conversationId, model }: TitleJob): LogFields {
    return { conversation_id: conversationId, model: this.settings.model ?? model };
  }
}
