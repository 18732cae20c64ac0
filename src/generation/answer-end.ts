import { AppError } from '../common/errors/app-error.js';
import type { GenerationEnd } from '../domain/generation.js';
import type { ModelEnd } from '../domain/model.js';
import { thinkingOf, toolCallsOf } from '../domain/parts.js';
import type { AnswerReport, AnswerWarning, ContextUse } from '../domain/report.js';
import { estimatedAnswer, spentTokens, type SpentTokens } from '../domain/token-usage.js';
import { generationError } from './events.js';
import type { LiveGeneration, StopReason } from './live/live-generation.js';

/** What is said of the answer; null where the model was never asked. */
export function reportOf(
  { finishReason, response, parts }: GenerationEnd,
  context: ContextUse | null,
  formatValid: boolean | null,
): AnswerReport | null {
  if (!context) return null;
  const silent = finishReason === 'length' && response === '' && thinkingOf(parts) !== null;
  const warnings: AnswerWarning[] | null = silent ? ['thinking_used_all_tokens'] : null;
  return { context, formatValid, warnings };
}

/** An answer that broke off does not have its format, whatever its text looks like by then. */
export async function formatOf(
  { status, response }: GenerationEnd,
  judge: (text: string) => Promise<boolean | null>,
): Promise<boolean | null> {
  return status === 'completed' ? judge(response) : false;
}

export function completed(live: LiveGeneration, { finishReason, usage }: ModelEnd): GenerationEnd {
  const end = endOf(live);
  const calls = finishReason === 'stop' && toolCallsOf(end.parts) !== null;
  return {
    ...end,
    status: 'completed',
    phase: 'ended',
    finishReason: calls ? 'tool_calls' : finishReason,
    usage,
    commit: true,
  };
}

export function failed(live: LiveGeneration, error: AppError): GenerationEnd {
  return {
    ...endOf(live),
    status: 'failed',
    error: generationError(error),
    commit: live.log.tokenCount > 0,
  };
}

export function stopped(live: LiveGeneration, reason: StopReason): GenerationEnd {
  if (reason === 'cancelled' || reason === 'conversation_deleted') {
    return { ...endOf(live), status: 'cancelled', finishReason: 'cancelled', commit: true };
  }
  if (reason === 'length') return completed(live, { finishReason: 'length', usage: null });
  return failed(live, STOP_ERRORS[reason]());
}

const STOP_ERRORS: Record<
  Exclude<StopReason, 'cancelled' | 'conversation_deleted' | 'length'>,
  () => AppError
> = {
  drained: () => new AppError('draining', 'The service is shutting down; send the message again'),
  timeout: () =>
    new AppError('generation_timeout', 'The answer took longer than the service allows'),
  lost: () => new AppError('store_unavailable', 'The answer was interrupted; ask for it again'),
};

function endOf(live: LiveGeneration): GenerationEnd {
  const { response, parts } = live.log.written(live.thinkingMs());
  return {
    status: 'failed',
    phase: live.phase,
    finishReason: null,
    usage: null,
    response,
    parts,
    report: null,
    spent: null,
    seq: live.log.tokenCount,
    error: null,
    finishedAt: Date.now(),
    upstreamClosed: true,
    commit: true,
    parentId: live.parentId,
  };
}

/**
 * What is counted of an answer: what the model counted, else estimates of what was sent and of what came.
 * Nothing of a failure before its first token.
 *
 * @param promptTokens the estimate of what was sent; null: nothing was
 */
export function spentOn(end: GenerationEnd, promptTokens: number | null): SpentTokens | null {
  if (end.status === 'failed' && end.seq === 0) return null;
  return spentTokens(end.usage, {
    promptTokens: promptTokens ?? 0,
    completionTokens: estimatedAnswer(end, end.seq),
  });
}
