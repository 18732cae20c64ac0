import type { GenerationEnd, GenerationError, GenerationPhase } from '../domain/generation.js';

/** What is recorded for a generation whose process died: the same sentence in every store. */
export const WORKER_LOST_ERROR: GenerationError = {
  error: 'The service stopped before the answer was complete',
  code: 'INTERNAL_ERROR',
  reason: 'internal',
};

/** The end of a generation whose process died, with the text that its stored log has up to `seq`. */
export function workerLostEnd(
  phase: GenerationPhase,
  { response, seq }: { response: string; seq: number },
  now: number,
): GenerationEnd {
  return {
    status: 'failed',
    phase: response === '' ? phase : 'generating',
    finishReason: null,
    usage: null,
    response,
    seq,
    error: WORKER_LOST_ERROR,
    finishedAt: now,
    upstreamClosed: false,
    keep: true,
  };
}
