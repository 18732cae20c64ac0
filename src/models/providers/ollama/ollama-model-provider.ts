import { AppError } from '../../../common/errors/app-error.js';
import { settledWithin } from '../../../common/settled-within.js';
import { fullModelName, isModelName } from '../../../domain/model-name.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../../../domain/model.js';
import type { ModelPolicy } from '../../model-policy.js';
import { ModelProvider, type ChatModel } from '../../model-provider.js';
import { invalidName, modelNotAllowed, modelNotForChat } from '../../model-errors.js';
import type { ServerTransport } from '../../transport/server-transport.js';
import type { InstalledModels } from './catalog/installed-models.js';
import type { ModelDetails, TaggedModel } from './catalog/model-answers.js';
import { NOTHING_KNOWN, type ModelDetailsCache } from './catalog/model-details-cache.js';
import { contextSize } from './catalog/modelfile-parameters.js';
import type { OllamaChatModels } from './chat/ollama-chat-models.js';
import { originUnknown } from './ollama-server.js';

/** Time limit for a list with its details. */
const LIST_WITHIN_MS = 5_000;
/**
 * Time limit for the list if a chat needs it because the details of its model are not available.
 */
const ORIGIN_WITHIN_MS = 2_000;
/** How long missing details are not requested again if a chat does not depend on them. */
const DISPENSABLE_FRESH_MS = 30_000;

/** Parts of the provider. */
export interface OllamaParts {
  transport: Pick<ServerTransport, 'json' | 'close'>;
  installed: InstalledModels;
  details: ModelDetailsCache;
  policy: ModelPolicy;
  chatModels: OllamaChatModels;
  /** Largest context to request, in tokens; null: the model's own. */
  contextTokens: number | null;
}

/** The models of an Ollama server. */
export class OllamaModelProvider extends ModelProvider {
  override readonly name = 'ollama';
  private listing: Promise<ModelInfo[]> | undefined;

  constructor(private readonly parts: OllamaParts) {
    super();
  }

  /** Equal requests at the same time are sent once. */
  override list(): Promise<ModelInfo[]> {
    this.listing ??= this.readList().finally(() => (this.listing = undefined));
    return this.listing;
  }

  override async names(): Promise<string[]> {
    return (await this.parts.installed.list()).map(({ name }) => name);
  }

  override canonicalName(model: string): string {
    return fullModelName(model);
  }

  override async has(model: string): Promise<boolean> {
    if ((await this.parts.installed.find(model)) === undefined) return false;
    try {
      await this.resolve(model);
      return true;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      return false;
    }
  }

  override async resolve(model: string): Promise<ModelProfile> {
    if (!isModelName(model)) throw invalidName();
    const verdict = this.parts.policy.judge(model);
    if (verdict === 'refused') throw modelNotAllowed();
    const details =
      verdict === 'allowed'
        ? await this.detailsOf(model, DISPENSABLE_FRESH_MS)
        : await this.detailsOfLocal(model);
    if (!canChat(details)) throw modelNotForChat();
    const { stop, vocabulary, capabilities } = details;
    const contextTokens = contextSize(details, this.parts.contextTokens);
    return { contextTokens, stop, vocabulary, capabilities };
  }

  override async check(timeoutMs: number): Promise<void> {
    const request = { method: 'GET', path: '/api/version', timeoutMs } as const;
    await this.parts.transport.json(request, () => undefined);
  }

  override chatModel(settings: ModelSettings, profile: ModelProfile): ChatModel {
    return this.parts.chatModels.get(settings, profile);
  }

  override close(): void {
    this.parts.transport.close();
  }

  /** Details of a model that runs on this server: a prompt is not sent to one that may run elsewhere. */
  private async detailsOfLocal(model: string): Promise<ModelDetails> {
    const details = await this.detailsOf(model, 0);
    const known = details.origin === 'unknown' ? await this.lastKnown(model) : details;
    if (known === undefined) throw originUnknown(causeOf(details.failure));
    if (known.origin === 'elsewhere' || (await this.isListedRemote(model))) throw modelNotAllowed();
    return known;
  }

  /**
   * The list may have information that the details lack. It is waited for only if none was read
   * yet.
   */
  private async isListedRemote(model: string): Promise<boolean> {
    return this.parts.installed.isRemote(model) ?? (await this.listed(model))?.remote ?? false;
  }

  private async detailsOf(model: string, unknownFreshMs: number): Promise<ModelDetails> {
    try {
      return await this.parts.details.ofName(model, unknownFreshMs);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // A server that lists the model has no details of it.
      if ((await this.listed(model)) === undefined) throw error;
      return NOTHING_KNOWN;
    }
  }

  /** Details of the same content, from an earlier list, where there are none now. */
  private async lastKnown(model: string): Promise<ModelDetails | undefined> {
    const tag = await this.listed(model);
    if (tag?.remote === true) throw modelNotAllowed();
    return tag && tag.digest !== null ? this.parts.details.ofListed(tag) : undefined;
  }

  /** The model in the list, if the list arrives in time for the chat. */
  private listed(model: string): Promise<TaggedModel | undefined> {
    const found = this.parts.installed.find(model).catch(() => undefined);
    return settledWithin(found, ORIGIN_WITHIN_MS);
  }

  private async readList(): Promise<ModelInfo[]> {
    const { installed, details, policy } = this.parts;
    const deadline = performance.now() + LIST_WITHIN_MS;
    const tags = await installed.list();
    const usable = tags.filter(({ name }) => policy.judge(name) !== 'refused');
    await details.load(usable, deadline - performance.now());
    return usable.flatMap((tag) => this.describe(tag, details.ofListed(tag)));
  }

  /** Empty for a model that cannot chat, or that runs elsewhere and is not allowed by name. */
  private describe(tag: TaggedModel, details: ModelDetails | undefined): ModelInfo[] {
    const { digest: _, remote, ...info } = tag;
    const elsewhere = remote || details?.origin === 'elsewhere';
    if (elsewhere && this.parts.policy.judge(tag.name) !== 'allowed') return [];
    if (details && !canChat(details)) return [];
    const { contextLength = null, capabilities = null } = details ?? {};
    return [{ ...info, provider: this.name, contextLength, capabilities }];
  }
}

/** Embedding models cannot. Where the server does not say, the model is assumed to chat. */
function canChat({ capabilities }: ModelDetails): boolean {
  return capabilities?.includes('completion') ?? true;
}

const isUnavailable = (error: unknown): boolean => reasonOf(error) === 'model_unavailable';
const isNotFound = (error: unknown): boolean => reasonOf(error) === 'model_not_found';

const reasonOf = (error: unknown): string | undefined =>
  error instanceof AppError ? error.reason : undefined;

const causeOf = (error: unknown): unknown => (error instanceof AppError ? error.cause : error);
