import { AppError } from '../../../../common/errors/app-error.js';
import type { ModelInfo } from '../../../../domain/model.js';
import { ModelProvider } from '../../../model-provider.js';
import { readTags, type TaggedModel } from './model-answers.js';
import type { ModelDetailsCache } from './model-details-cache.js';
import type { ModelPolicy } from './model-policy.js';
import type { OllamaTransport } from '../transport/ollama-transport.js';

/** A list, with all that it asks for, is ready within this time. */
const LIST_WITHIN_MS = 5_000;
const SHOWS_AT_ONCE = 4;
/** Largest context asked for unless configured: beyond it memory grows faster than its use. */
const LARGEST_DEFAULT_CONTEXT = 8_192;
/** Ollama's own default, for a model whose context length is not known. */
const UNKNOWN_CONTEXT = 4_096;

/** The models of an Ollama server. */
export class OllamaModelProvider extends ModelProvider {
  private listing: Promise<ModelInfo[]> | undefined;

  constructor(
    private readonly transport: Pick<OllamaTransport, 'json'>,
    private readonly details: ModelDetailsCache,
    private readonly policy: ModelPolicy,
    private readonly numCtx: number | null,
  ) {
    super();
  }

  /** Equal questions at the same time are asked once. */
  override list(): Promise<ModelInfo[]> {
    this.listing ??= this.readList().finally(() => (this.listing = undefined));
    return this.listing;
  }

  override async assertAllowed(model: string): Promise<void> {
    const verdict = this.policy.judge(model);
    if (verdict === 'allowed') return;
    if (verdict === 'refused' || (await this.details.ofName(model)).remote) throw notAllowed();
  }

  /** A configured size is bounded by what the model can hold: Ollama would cut it without a word. */
  override async contextWindow(model: string): Promise<number> {
    const { contextLength } = await this.details.ofName(model);
    const wanted = this.numCtx ?? LARGEST_DEFAULT_CONTEXT;
    return Math.min(wanted, contextLength ?? this.numCtx ?? UNKNOWN_CONTEXT);
  }

  override async isUp(timeoutMs: number): Promise<boolean> {
    try {
      await this.transport.json({ method: 'GET', path: '/api/version', timeoutMs });
      return true;
    } catch {
      return false;
    }
  }

  private async readList(): Promise<ModelInfo[]> {
    const deadline = performance.now() + LIST_WITHIN_MS;
    const tags = await this.transport.json({
      method: 'GET',
      path: '/api/tags',
      timeoutMs: LIST_WITHIN_MS,
    });
    const models = readTags(tags).filter((tag) => this.policy.judge(tag.name) !== 'refused');
    const infos = await mapBounded(models, SHOWS_AT_ONCE, (tag) => this.describe(tag, deadline));
    return infos.filter((info) => info !== null);
  }

  /** Null for a model that lives elsewhere and is not allowed by name. */
  private async describe(tag: TaggedModel, deadline: number): Promise<ModelInfo | null> {
    const { digest, remote, ...info } = tag;
    const timeLeft = deadline - performance.now();
    const details = await this.details.ofListed(tag.name, digest, timeLeft);
    const elsewhere = remote || details?.remote === true;
    if (elsewhere && this.policy.judge(tag.name) !== 'allowed') return null;
    return { ...info, contextLength: details?.contextLength ?? null };
  }
}

function notAllowed(): AppError {
  return new AppError(
    'model_not_found',
    'This model is not available here; GET /api/models lists the models there are',
  );
}

/** `Promise.all` over `map`, at most `atOnce` of them at a time, in order. */
async function mapBounded<T, R>(
  items: readonly T[],
  atOnce: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
