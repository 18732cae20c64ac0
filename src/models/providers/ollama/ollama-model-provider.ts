import { AppError } from '../../../common/errors/app-error.js';
import { settledWithin } from '../../../common/settled-within.js';
import { isModelName } from '../../../domain/model-name.js';
import type { ModelInfo, ModelProfile, ModelSettings } from '../../../domain/model.js';
import { ModelProvider, type ChatModel } from '../../model-provider.js';
import { invalidName, modelNotAllowed, modelNotForChat } from '../../transport/model-errors.js';
import type { ServerTransport } from '../../transport/server-transport.js';
import { contextSize } from './catalog/context-size.js';
import type { InstalledModels } from './catalog/installed-models.js';
import type { ModelDetails, TaggedModel } from './catalog/model-answers.js';
import { NOTHING_KNOWN, type ModelDetailsCache } from './catalog/model-details-cache.js';
import type { ModelPolicy } from './catalog/model-policy.js';
import type { OllamaChatModels } from './chat/ollama-chat-models.js';
import { originUnknown } from './ollama-server.js';

/** A list, with all that it asks for, is ready within this time. */
const LIST_WITHIN_MS = 5_000;
/** The list, asked on a chat's way where the details of its model could not be had. */
const ORIGIN_WITHIN_MS = 2_000;
/** How long a server is not asked again for details that a chat can do without. */
const DISPENSABLE_FRESH_MS = 30_000;

/** What the provider is made of. */
export interface OllamaParts {
  transport: Pick<ServerTransport, 'json' | 'close'>;
  installed: InstalledModels;
  details: ModelDetailsCache;
  policy: ModelPolicy;
  chatModels: OllamaChatModels;
  /** Largest context to ask for, in tokens; null: what the model asks for itself. */
  contextTokens: number | null;
}

/** The models of an Ollama server. */
export class OllamaModelProvider extends ModelProvider {
  private listing: Promise<ModelInfo[]> | undefined;

  constructor(private readonly parts: OllamaParts) {
    super();
  }

  /** Equal questions at the same time are asked once. */
  override list(): Promise<ModelInfo[]> {
    this.listing ??= this.readList().finally(() => (this.listing = undefined));
    return this.listing;
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
    const { stop, vocabulary } = details;
    return { contextTokens: contextSize(details, this.parts.contextTokens), stop, vocabulary };
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

  /** Of a model that runs with Ollama; a prompt is not sent on a mere guess that it does. */
  private async detailsOfLocal(model: string): Promise<ModelDetails> {
    const details = await this.detailsOf(model, 0);
    const known = details.origin === 'unknown' ? await this.lastKnown(model) : details;
    if (known === undefined) throw originUnknown(causeOf(details.failure));
    if (known.origin === 'elsewhere') throw modelNotAllowed();
    return known;
  }

  private async detailsOf(model: string, unknownFreshMs: number): Promise<ModelDetails> {
    try {
      return await this.parts.details.ofName(model, unknownFreshMs);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // A server that lists it just has no details to give.
      if ((await this.listed(model)) === undefined) throw error;
      return NOTHING_KNOWN;
    }
  }

  /** Where details cannot be had now: those of the same content, had for a list before. */
  private async lastKnown(model: string): Promise<ModelDetails | undefined> {
    const tag = await this.listed(model);
    if (tag?.remote === true) throw modelNotAllowed();
    return tag && tag.digest !== null ? this.parts.details.ofListed(tag) : undefined;
  }

  /** As the list has it, if it can be had while a chat waits for it. */
  private listed(model: string): Promise<TaggedModel | undefined> {
    const found = this.parts.installed.find(model).catch(() => undefined);
    return settledWithin(found, ORIGIN_WITHIN_MS);
  }

  private async readList(): Promise<ModelInfo[]> {
    const { installed, details, policy } = this.parts;
    const deadline = performance.now() + LIST_WITHIN_MS;
    const tags = await installed.list();
    const usable = tags.filter(({ name }) => policy.judge(name) !== 'refused');
    await details.learn(usable, deadline - performance.now());
    return usable.flatMap((tag) => this.describe(tag, details.ofListed(tag)));
  }

  /** Nothing for a model that cannot chat, or lives elsewhere and is not allowed by name. */
  private describe(tag: TaggedModel, details: ModelDetails | undefined): ModelInfo[] {
    const { digest: _, remote, ...info } = tag;
    const elsewhere = remote || details?.origin === 'elsewhere';
    if (elsewhere && this.parts.policy.judge(tag.name) !== 'allowed') return [];
    if (details && !canChat(details)) return [];
    const { contextLength = null, capabilities = null } = details ?? {};
    return [{ ...info, contextLength, capabilities }];
  }
}

/** One that only embeds cannot; a server that does not say is believed to have models for chats. */
function canChat({ capabilities }: ModelDetails): boolean {
  return capabilities?.includes('completion') ?? true;
}

const isUnavailable = (error: unknown): boolean => reasonOf(error) === 'model_unavailable';
const isNotFound = (error: unknown): boolean => reasonOf(error) === 'model_not_found';

const reasonOf = (error: unknown): string | undefined =>
  error instanceof AppError ? error.reason : undefined;

const causeOf = (error: unknown): unknown => (error instanceof AppError ? error.cause : error);
