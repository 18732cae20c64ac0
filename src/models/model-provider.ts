import type { ModelInfo } from '../domain/model.js';

/**
 * The server that has the models. Fails with AppError: `model_unavailable` when it cannot be
 * reached or answers nonsense, `model_not_found` for a name it does not have or may not serve.
 */
export abstract class ModelProvider {
  /** Models that a client may use, the provider's order. */
  abstract list(): Promise<ModelInfo[]>;

  /** Refuses a model that the settings do not allow or the provider would proxy elsewhere. */
  abstract assertAllowed(model: string): Promise<void>;

  /**
   * Tokens of context that a generation with this model gets: the configured number, else the model's own up to
   * 8,192. Answered from a cache where it can be; the prompt is trimmed to it.
   */
  abstract contextWindow(model: string): Promise<number>;

  /** Whether it answers, within `timeoutMs`. Never throws. */
  abstract isUp(timeoutMs: number): Promise<boolean>;
}
