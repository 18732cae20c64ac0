import type { Message, MessageStatus } from '../../domain/conversation.js';
import {
  WORKER_LOST_ERROR,
  type GenerationEnd,
  type GenerationRecord,
  type LogBatch,
  type StagedTurn,
  type GenerationPhase,
} from '../../domain/generation.js';
import type { Written } from '../../domain/parts.js';
import { estimatedAnswer, spentTokens } from '../../domain/token-usage.js';
import { writtenIn } from './log.js';

/** Status of an answer's message by the status of its generation. */
export const STATUS_OF_END: Record<GenerationEnd['status'], MessageStatus> = {
  completed: 'complete',
  cancelled: 'cancelled',
  failed: 'failed',
};

/**
 * Whether a turn that is not yet messages becomes messages with this end. A new answer to messages that
 * were there before leaves nothing if it ends before its first token: all stays as it was. A stateless
 * generation has no messages; it counts as committed where a turn with messages of its own would.
 */
export function commitsTurn(
  { stateless, messages }: Pick<StagedTurn, 'messages'> & Pick<GenerationRecord, 'stateless'>,
  { commit, response, parts }: Pick<GenerationEnd, 'commit' | 'response' | 'parts'>,
): boolean {
  return commit && (stateless || messages.length > 0 || response !== '' || parts !== null);
}

/** Whether an ended generation still holds its public id and its idempotency key. */
export function holdsIds({ commit }: Pick<GenerationEnd, 'commit'>, isCommitted: boolean): boolean {
  return commit || isCommitted;
}

/** The fields of a generation that determine how its answer is shown. */
export type AnsweredBy = Pick<
  GenerationRecord,
  'status' | 'response' | 'parts' | 'finishReason' | 'usage'
>;

/**
 * A message that is stored as `streaming`, as clients see it: with the text of the log while its
 * generation runs. An end may be stored without the message; then the message has the end of the
 * generation, or is `failed` if there is no generation any more.
 */
export function currentAnswer<M extends Message>(
  message: M,
  generation: AnsweredBy | null,
  log: readonly LogBatch[],
): M {
  const { response: content, parts, seq } = writtenIn(log);
  if (!generation) return { ...message, content, parts, status: 'failed', seq: null };
  const { status, finishReason, usage } = generation;
  if (status === 'queued' || status === 'running') return { ...message, content, parts, seq };
  const isWritten = generation.response !== '' || generation.parts !== null;
  return {
    ...message,
    content: isWritten ? generation.response : content,
    parts: isWritten ? generation.parts : parts,
    status: STATUS_OF_END[status],
    finishReason,
    usage,
    seq: null,
  };
}

/** What is stored of a generation while it runs. */
export interface RunningState {
  phase: GenerationPhase;
  /** The estimate of its prompt; null where there is none. */
  promptTokens: number | null;
}

/** The end of a generation whose process died, with the text that its stored log has up to `seq`. */
export function workerLostEnd(
  { phase, promptTokens }: RunningState,
  { response, parts, seq }: Written & { seq: number },
  now: number,
): GenerationEnd {
  const completionTokens = estimatedAnswer({ response, parts }, seq);
  return {
    status: 'failed',
    phase: response !== '' ? 'generating' : parts ? 'thinking' : phase,
    finishReason: null,
    usage: null,
    response,
    parts,
    report: null,
    spent:
      completionTokens > 0
        ? spentTokens(null, { promptTokens: promptTokens ?? 0, completionTokens })
        : null,
    seq,
    error: WORKER_LOST_ERROR,
    finishedAt: now,
    upstreamClosed: false,
    commit: true,
    parentId: null,
  };
}
