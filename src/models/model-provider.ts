import type { ModelInfo, ModelProfile } from '../domain/model.js';

/**
 * The server that has the models. Fails with AppError: `model_unavailable` when it cannot be
 * reached or answers nonsense, `model_not_found` for a name it does not have or may not serve.
 */
export abstract class ModelProvider {
  /** Models that a client may use for chats, the provider's order. */
  abstract list(): Promise<ModelInfo[]>;

  /**
   * What a generation has to know of its model. Answered from a cache where it can be.
   *
   * Refuses with `validation` a name that is none and a model that cannot chat, with
   * `model_not_found` a model that is not there, that the settings do not allow, or that the
   * provider would proxy elsewhere; with `model_unavailable` one that it may proxy elsewhere.
   */
  abstract resolve(model: string): Promise<ModelProfile>;

  /** Whether a chat may name this model, as far as a list tells. Throws when there is none. */
  abstract has(model: string): Promise<boolean>;

  /** Throws when it does not answer within `timeoutMs`. */
  abstract check(timeoutMs: number): Promise<void>;
}
