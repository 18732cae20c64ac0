import { Inject, Injectable } from '@nestjs/common';
import { toAppError } from '../common/errors/app-error.js';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../config/namespaces.js';
import type { CancelSignal } from '../domain/cancellation.js';
import type { GenerationEnd } from '../domain/generation.js';
import type { ModelEnd, TokenSink } from '../domain/model.js';
import type { ContextUse } from '../domain/report.js';
import { charactersOf, type Piece } from '../domain/parts.js';
import { AppLogger, type LogFields } from '../observability/app-logger.js';
import { completed, failed, formatOf, reportOf, spentOn, stopped } from './answer-end.js';
import { liveAnswer, type Answer } from './answer.js';
import { generationError, idsOf } from './events.js';
import { GenerationReport } from './generation-report.js';
import { AnswerBounds } from './live/answer-bounds.js';
import type { LiveGeneration } from './live/live-generation.js';
import { LiveGenerations } from './live/live-generations.js';
import { TurnRecorder } from './record/turn-recorder.js';

/** Source of an answer, made by the chat feature. */
export interface AnswerSource {
  /** max_tokens of the request to the model. */
  readonly maxTokens: number;
  /** What the model was sent, once it was. */
  context(): ContextUse | null;
  /** An estimate of its tokens, once it was. */
  promptTokens(): number | null;
  /** An id for a tool call, unique in its conversation: the given one if it can be used. */
  callId(given: string | null): string;
  /** Whether a text has the format that was asked for, or null; null: none was asked for. */
  readonly judge: ((text: string) => Promise<boolean | null>) | null;
  /**
   * Pushes the answer's tokens into `sink` until the model's own end; rejects when it fails or
   * `signal` aborts. By then its connection is closed.
   */
  stream(sink: TokenSink, signal: CancelSignal): Promise<ModelEnd>;
}

/** Runs claimed generations: model to log, and the end to the store. */
@Injectable()
export class GenerationRunner {
  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
    private readonly live: LiveGenerations,
    private readonly recorder: TurnRecorder,
    private readonly report: GenerationReport,
    private readonly logger: AppLogger,
  ) {}

  /** Runs the generation; its result or its failure is recorded as its end. */
  start(live: LiveGeneration, source: AnswerSource): Answer {
    void this.run(live, source);
    return liveAnswer(live);
  }

  private async run(live: LiveGeneration, source: AnswerSource): Promise<void> {
    const { log } = live;
    const stopClock = this.limitDuration(live);
    const startedAt = performance.now();
    try {
      const end = await this.answer(live, source);
      stopClock();
      await this.recorder.finish(live, end);
    } catch (error) {
      // A defect: the readers still get an end.
      this.logger.error('The end of a generation could not be recorded', { error, ...ids(live) });
      log.close({ type: 'error', error: generationError(toAppError(error)), committed: false });
    } finally {
      stopClock();
      live.ticket.release();
      live.markFinished();
      this.live.retain(live);
      this.report.ended(live, performance.now() - startedAt);
    }
  }

  private async answer(live: LiveGeneration, source: AnswerSource): Promise<GenerationEnd> {
    const end = await this.endOf(live, source);
    // From here on it cannot be stopped.
    live.phase = 'ended';
    live.endedAt = performance.now();
    const formatValid = source.judge ? await formatOf(end, source.judge) : null;
    return {
      ...end,
      report: reportOf(end, source.context(), formatValid),
      spent: spentOn(end, source.promptTokens()),
    };
  }

  private async endOf(live: LiveGeneration, source: AnswerSource): Promise<GenerationEnd> {
    try {
      await live.ticket.ready(live.signal);
      if (live.startedAt === null) this.begin(live);
      this.report.begun(live);
      return completed(live, await source.stream(this.sinkOf(live, source), live.signal));
    } catch (error) {
      if (live.stopped) return stopped(live, live.stopped);
      live.failure = toAppError(error);
      return failed(live, live.failure);
    }
  }

  /** It may run now, after it has waited. */
  private begin(live: LiveGeneration): void {
    live.startedAt = Date.now();
    live.phase = 'prompt';
    this.recorder.started(live);
  }

  private sinkOf(live: LiveGeneration, source: AnswerSource): TokenSink {
    const { maxTokens } = source;
    const { log } = live;
    const maxBytes = this.settings.maxAnswerBytes;
    const bounds = new AnswerBounds(log, { maxBytes, maxTokens });
    const add = (piece: Piece): void => {
      log.append(piece);
      if (log.tokenCount > 1) return;
      live.promptTokens = source.promptTokens();
      this.recorder.firstToken(live);
    };
    const addText = (text: string, phase: 'thinking' | 'generating'): void => {
      // The model may have sent more than `maxTokens`.
      if (live.stopped) return;
      live.enter(phase);
      const fitting = bounds.fitting(text);
      if (fitting !== '') add(phase === 'thinking' ? { thinking: fitting } : fitting);
      if (fitting !== text) live.stop('length');
    };
    return {
      token: (text) => addText(text, 'generating'),
      thinking: (text) => addText(text, 'thinking'),
      toolCall: ({ id, ...given }) => {
        if (live.stopped) return;
        const toolCall = { id: source.callId(id), ...given };
        live.enter('generating');
        const characters = charactersOf({ toolCall });
        // A part of a call is none.
        if (bounds.fitting(characters) === characters) add({ toolCall });
        else live.stop('length');
      },
      flush: () => log.wake(),
      cutReaders: () => live.readers.cut(),
    };
  }

  private limitDuration(live: LiveGeneration): () => void {
    const { timeoutMs } = this.settings;
    if (timeoutMs === null) return () => undefined;
    const timer = setTimeout(() => live.stop('timeout'), timeoutMs);
    return () => clearTimeout(timer);
  }
}

function ids({ record }: LiveGeneration): LogFields {
  const { generationId, conversationId } = idsOf(record);
  return { generation_id: generationId, conversation_id: conversationId ?? undefined };
}
