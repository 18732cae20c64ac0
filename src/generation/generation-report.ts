import { Injectable } from '@nestjs/common';
import type { AppError } from '../common/errors/app-error.js';
import { causeText } from '../common/errors/cause-text.js';
import type { GenerationEnd } from '../domain/generation.js';
import { AppLogger, type LogFields } from '../observability/app-logger.js';
import { Meter, type GenerationOutcome } from '../observability/meter.js';
import { idsOf } from './events.js';
import type { LiveGeneration } from './live/live-generation.js';

/** Reports the steps of generations to operators: in the log and in metrics. */
@Injectable()
export class GenerationReport {
  constructor(
    private readonly logger: AppLogger,
    private readonly meter: Meter,
  ) {}

  /** It may run now. */
  begun({ startedAt, record }: LiveGeneration): void {
    if (startedAt !== null) {
      // Clocks may be set back.
      this.meter.queueWaited(Math.max(0, startedAt - record.createdAt) / 1000);
    }
  }

  /** Its end is in the log. */
  ended(live: LiveGeneration, durationMs: number): void {
    this.log(live, durationMs);
    if (live.end) this.count(live, live.end);
    // Its stack would be held as long as the log.
    live.failure = null;
  }

  private log(live: LiveGeneration, durationMs: number): void {
    const { end } = live;
    const fields = {
      generation_id: live.record.id,
      conversation_id: idsOf(live.record).conversationId ?? undefined,
      model: live.record.model,
      status: end?.status ?? 'failed',
      reason: end?.error?.reason,
      duration_ms: Math.round(durationMs),
      tokens: live.log.tokenCount,
      prompt_tokens: end?.usage?.promptTokens,
      completion_tokens: end?.usage?.completionTokens,
    };
    if (end?.status === 'failed') {
      // An error that the client can correct needs no attention of the operator.
      const level = live.failure && live.failure.status < 500 ? 'info' : 'warn';
      this.logger[level]('Generation failed', { ...fields, ...causeFields(live.failure) });
    } else this.logger.info('Generation ended', fields);
  }

  private count(live: LiveGeneration, end: GenerationEnd): void {
    const { origin, askedAt, firstPieceAt, endedAt } = live;
    if (!origin) return;
    const seconds = (from: number | null, to: number | null): number | null =>
      from === null || to === null ? null : (to - from) / 1000;
    const chunks = live.log.tokenCount - 1;
    const writing = seconds(firstPieceAt, endedAt);
    this.meter.turnEnded({
      isListed: askedAt !== null,
      outcome: outcomeOf(live, end),
      reason: end.error?.reason ?? null,
      duration: seconds(askedAt, endedAt),
      toFirstChunk: seconds(askedAt, firstPieceAt),
      perChunk: writing !== null && chunks > 0 ? writing / chunks : null,
      usage: end.usage,
      ...origin,
    });
  }
}

function outcomeOf({ askedAt }: LiveGeneration, { status }: GenerationEnd): GenerationOutcome {
  return status === 'failed' && askedAt === null ? 'refused' : status;
}

/** Only unexpected errors are logged with their stack. */
function causeFields(failure: AppError | null): LogFields {
  if (failure === null) return {};
  return failure.reason === 'internal' ? { error: failure.cause } : { cause: causeText(failure) };
}
