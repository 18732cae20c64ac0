import type { BaseMessage } from '@langchain/core/messages';
import type { CancelSignal } from '../domain/cancellation.js';
import type {
  ModelAsk,
  ModelEnd,
  ModelInfo,
  ModelProfile,
  ModelSettings,
  TokenSink,
} from '../domain/model.js';

/**
 * A LangChain chat model that pushes its tokens without chunk objects. `LangChainChatModel` makes
 * one of any `BaseChatModel`.
 */
export interface ChatModel {
  /**
   * Streams the answer into `sink` until its end. Rejects with an AppError (`model_unavailable`,
   * `model_not_found`, `model_silent`, …), with what the sink threw, or with the signal's reason.
   */
  streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
    ask: ModelAsk,
  ): Promise<ModelEnd>;
}

/**
 * A model server. Fails with AppError: `model_unavailable` when it cannot be reached or its answer
 * cannot be used, `model_not_found` for an unknown or forbidden name.
 */
export abstract class ModelProvider {
  /** Its name in metrics and traces: OpenTelemetry's, where there is one. */
  abstract readonly name: string;

  /** Models that a client may use for chats, in the provider's order. */
  abstract list(): Promise<ModelInfo[]>;

  /**
   * The profile of a model for a generation, from a cache if possible.
   *
   * Refuses with `validation` what is not the name of a model and a model that cannot chat, with
   * `model_not_found` a model that is not there, that the settings do not allow, or that the
   * provider would proxy elsewhere; with `model_unavailable` one that it may proxy elsewhere.
   */
  abstract resolve(model: string): Promise<ModelProfile>;

  /**
   * The LangChain chat model of a generation. Generations may share an instance: aborting one must
   * not touch the others.
   *
   * @param profile of the same model, as `resolve` gave it
   */
  abstract chatModel(settings: ModelSettings, profile: ModelProfile): ChatModel;

  /** Whether a chat may use this model according to the list. Throws if the list cannot be read. */
  abstract has(model: string): Promise<boolean>;

  /** Throws when the server does not answer within `timeoutMs`. */
  abstract check(timeoutMs: number): Promise<void>;

  /** Closes all connections; called after all generations have ended. */
  abstract close(): void;
}
