import type { CancelSignal } from '../domain/cancellation.js';
import type { ModelEnd, TokenSink } from '../domain/model.js';

/**
 * Where an answer comes from: pushes its tokens into `sink` until the model's own end, rejects when
 * it fails or `signal` aborts; by then nothing of it is left open. The chat feature makes these.
 */
export type AnswerSource = (sink: TokenSink, signal: CancelSignal) => Promise<ModelEnd>;
