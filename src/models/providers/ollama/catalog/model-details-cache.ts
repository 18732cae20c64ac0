import { AppError } from '../../../../common/errors/app-error.js';
import { settledWithin } from '../../../../common/settled-within.js';
import { fullModelName } from '../../../../domain/model-name.js';
import { isTransient } from '../../../transport/server-failure.js';
import type { ServerTransport } from '../../../transport/server-transport.js';
import { contentOf, readDetails, type ModelDetails, type TaggedModel } from './model-answers.js';

const FRESH_MS = 10 * 60_000;
const MOST_NAMES = 500;
const SHOW_TIMEOUT_MS = 5_000;
const SHOWS_AT_ONCE = 4;
/** Time limit for requesting the details of a long list. */
const LOAD_WITHIN_MS = 60_000;

/** Details of a model for which the server has none. */
export const NOTHING_KNOWN: ModelDetails = {
  origin: 'unknown',
  contextLength: null,
  capabilities: null,
  numCtx: null,
  stop: [],
  vocabulary: 'large',
};

/**
 * Caches the answers of `POST /api/show`: of a listed model for as long as its digest is the same, by
 * name for ten minutes for a chat. Equal requests at the same time are sent once.
 */
export class ModelDetailsCache {
  private listed = new Map<string, ModelDetails>();
  private loading: { until: number; done: Promise<void> } | undefined;
  private readonly byName = new Map<string, { asked: Promise<ModelDetails>; until: number }>();

  constructor(private readonly transport: Pick<ServerTransport, 'json'>) {}

  /**
   * Details for a chat. A server that cannot be reached is tried again as a chat is; one that gives
   * no details leaves them unknown.
   *
   * @param unknownFreshMs how long missing details are not requested again
   * @throws AppError `model_not_found`, `validation` for a name that it does not take;
   *   `model_unavailable` when it cannot be reached.
   */
  async ofName(model: string, unknownFreshMs: number): Promise<ModelDetails> {
    const name = fullModelName(model);
    const known = this.byName.get(name);
    if (known && known.until > performance.now()) return known.asked;
    const entry = { asked: this.showForChat(model), until: performance.now() + FRESH_MS };
    remember(this.byName, name, entry);
    try {
      const details = await entry.asked;
      if (details.origin === 'unknown') entry.until = performance.now() + unknownFreshMs;
      return details;
    } catch (error) {
      if (this.byName.get(name) === entry) this.byName.delete(name);
      throw error;
    }
  }

  /** Details of a listed model, where they have been loaded. */
  ofListed(tag: TaggedModel): ModelDetails | undefined {
    return this.listed.get(contentOf(tag));
  }

  /**
   * Requests the missing details of a list, a few at a time, and drops those of removed models.
   * Resolves when all are loaded or after `withinMs`; loading continues for later lists.
   */
  async load(tags: readonly TaggedModel[], withinMs: number): Promise<void> {
    this.loading ??= this.begin(tags, withinMs);
    const { done, until } = this.loading;
    await settledWithin(done, Math.max(0, until - performance.now()));
  }

  /** The model of this name was changed or removed. */
  forget(model: string): void {
    this.byName.delete(fullModelName(model));
  }

  private begin(tags: readonly TaggedModel[], withinMs: number) {
    this.listed = new Map(
      tags.flatMap((tag) => {
        const known = this.ofListed(tag);
        return known ? [[contentOf(tag), known]] : [];
      }),
    );
    const unknown = tags.filter((tag) => !this.listed.has(contentOf(tag)));
    const done = this.askForAll(unknown).finally(() => (this.loading = undefined));
    return { done, until: performance.now() + withinMs };
  }

  private async askForAll(tags: TaggedModel[]): Promise<void> {
    const giveUpAt = performance.now() + LOAD_WITHIN_MS;
    const queue = tags.values();
    const work = async (): Promise<void> => {
      for (const tag of queue) {
        if (performance.now() > giveUpAt) return;
        await this.askFor(tag);
      }
    };
    await Promise.all(Array.from({ length: Math.min(SHOWS_AT_ONCE, tags.length) }, work));
  }

  private async askFor(tag: TaggedModel): Promise<void> {
    try {
      const details = await this.show(tag.name, false);
      if (details.origin !== 'unknown') this.listed.set(contentOf(tag), details);
    } catch {
      // The list has the model without its details, and the next one asks again.
    }
  }

  private async showForChat(model: string): Promise<ModelDetails> {
    try {
      return await this.show(model, true);
    } catch (error) {
      if (isFinal(error)) throw error;
      return { ...NOTHING_KNOWN, failure: error };
    }
  }

  private async show(model: string, retried: boolean): Promise<ModelDetails> {
    // Ollama before 0.1.30 knows the field as `name`.
    const body = { model, name: model };
    const timeoutMs = SHOW_TIMEOUT_MS;
    const request = { method: 'POST', path: '/api/show', body, timeoutMs, model, retried } as const;
    return this.transport.json(request, readDetails);
  }
}

/** Whether a chat would fail for the same reason; otherwise only the details are missing. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AppError)) return true;
  return error.reason !== 'model_unavailable' || isTransient(error.cause);
}

/** Sets an entry and drops the oldest ones beyond the bound. */
function remember<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > MOST_NAMES && oldest !== undefined) entries.delete(oldest);
}
