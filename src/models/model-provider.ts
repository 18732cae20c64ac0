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

/** Names with the same identity mean the same model. */
export interface ModelIdentity {
  /** The name of its server. */
  readonly provider: string;
  /** Its own name there, in the form in which the server compares names. */
  readonly model: string;
}

/**
 * A model server, or several as one (`ModelServers`). Fails with AppError: `model_unavailable` when it
 * cannot be reached or its answer cannot be used, `model_not_found` for an unknown or forbidden name.
 */
export abstract class ModelProvider {
  /** Its name in metrics and traces, OpenTelemetry's where there is one, and the prefix of its models. */
  abstract readonly name: string;

  /** The model servers behind it, in the order in which a name is looked for. */
  get servers(): readonly ModelProvider[] {
    return [this];
  }

  /**
   * Names of all models that the server has, in its order, whether a chat may use them or not: at most
   * 100 characters each.
   */
  abstract names(): Promise<readonly string[]>;

  /** The form in which the server compares names: those that have it in common are the same model. */
  abstract canonicalName(model: string): string;

  /** Which model a name means, as far as it is known now. */
  identify(model: string): ModelIdentity {
    return { provider: this.name, model: this.canonicalName(model) };
  }

  /**
   * Reads the lists that say what these names mean, unless that is known. Never rejects: while a server
   * does not answer, what is not known stays so.
   */
  lookUp(_names: readonly string[]): Promise<void> {
    return Promise.resolve();
  }

  /** Models that a client may use for chats, in the provider's order. */
  abstract list(): Promise<ModelInfo[]>;

  /** The first of `list`; null where there is none. It stays the same while its server is down. */
  async firstModel(): Promise<string | null> {
    const [first] = await this.list();
    return first?.name ?? null;
  }

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
