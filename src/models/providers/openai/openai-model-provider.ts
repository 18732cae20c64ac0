import { AppError } from '../../../common/errors/app-error.js';
import { isModelName } from '../../../domain/model-name.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../../../domain/model.js';
import { ModelProvider, type ChatModel } from '../../model-provider.js';
import {
  invalidName,
  modelNotAllowed,
  modelNotForChat,
  modelNotFound,
} from '../../model-errors.js';
import { isTransient } from '../../transport/server-failure.js';
import type { KeptModels } from '../../transport/kept-models.js';
import type { ServerTransport } from '../../transport/server-transport.js';
import type { ListedModels } from './catalog/listed-models.js';
import type { ListedModel } from './catalog/model-list.js';

/** The context of a model whose server does not say it, without a configured one. */
const CONTEXT_TOKENS = 8_192;

/** Parts of the provider. */
export interface OpenAiParts {
  transport: Pick<ServerTransport, 'json' | 'close'>;
  models: ListedModels;
  /** Names that may be used; null: all of the server. */
  allow: ReadonlySet<string> | null;
  chatModels: Pick<KeptModels<ModelSettings, ChatModel>, 'get'>;
  /** Context size of a model whose server does not say it, in tokens. */
  contextTokens: number | null;
}

/** The models of a server of OpenAI's chat API. */
export class OpenAiModelProvider extends ModelProvider {
  override readonly name = 'openai';

  constructor(private readonly parts: OpenAiParts) {
    super();
  }

  override async names(): Promise<string[]> {
    return (await this.parts.models.list()).map(({ name }) => name);
  }

  /** These servers compare names exactly. */
  override canonicalName(model: string): string {
    return model;
  }

  override async list(): Promise<ModelInfo[]> {
    const models = await this.parts.models.list();
    return models
      .filter(({ name, canChat }) => canChat && this.isAllowed(name))
      .map((model) => this.describe(model));
  }

  override async has(model: string): Promise<boolean> {
    return (await this.list()).some(({ name }) => name === model);
  }

  /**
   * The profile of a listed model. A name that `MODEL_ALLOW` has counts as listed: the server may
   * answer to more names than it lists.
   */
  override async resolve(model: string): Promise<ModelProfile> {
    if (!isModelName(model)) throw invalidName();
    if (!this.isAllowed(model)) throw modelNotAllowed();
    const listed = await this.listed(model);
    if (!listed && this.parts.allow === null) throw modelNotFound();
    if (listed?.canChat === false) throw modelNotForChat();
    const { contextLength = null, capabilities = null, unsaid = [] } = listed ?? {};
    const { vocabulary = 'large' } = listed ?? {};
    const contextTokens = contextLength ?? this.parts.contextTokens ?? CONTEXT_TOKENS;
    return { contextTokens, stop: [], vocabulary, capabilities, unsaid };
  }

  override async check(timeoutMs: number): Promise<void> {
    const request = { method: 'GET', path: '/models', timeoutMs } as const;
    await this.parts.transport.json(request, () => undefined);
  }

  override chatModel(settings: ModelSettings): ChatModel {
    return this.parts.chatModels.get(settings);
  }

  override close(): void {
    this.parts.transport.close();
  }

  private isAllowed(model: string): boolean {
    return this.parts.allow?.has(model) ?? true;
  }

  /** A server that gives no list may serve a model that `MODEL_ALLOW` names all the same. */
  private async listed(model: string): Promise<ListedModel | undefined> {
    try {
      return await this.parts.models.find(model);
    } catch (error) {
      if (this.parts.allow === null || isDown(error)) throw error;
      return undefined;
    }
  }

  private describe(model: ListedModel): ModelInfo {
    const { name, modifiedAt, sizeBytes, contextLength, capabilities } = model;
    const unknown = { family: null, parameterSize: null, quantization: null };
    const listed = { name, modifiedAt, sizeBytes, contextLength, capabilities };
    return { ...listed, ...unknown, provider: this.name };
  }
}

/** Whether a chat would fail for the same reason. */
function isDown(error: unknown): boolean {
  return !(error instanceof AppError) || isTransient(error.cause);
}
