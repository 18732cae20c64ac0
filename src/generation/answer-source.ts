import type { CancelSignal } from '../domain/cancellation.js';
import type { ModelEnd, TokenSink } from '../domain/model.js';

/** Where an answer comes from. The chat feature makes these. */
export interface AnswerSource {
  /** What the model is asked to stop at. */
  readonly maxTokens: number;
  /**
   * Pushes the answer's tokens into `sink` until the model's own end; rejects when it fails or `signal`
   * aborts. By then nothing of it is left open.
   */
  stream(sink: TokenSink, signal: CancelSignal): Promise<ModelEnd>;
}
