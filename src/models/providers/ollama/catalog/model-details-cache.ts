import { AppError } from '../../../../common/errors/app-error.js';
import { fullModelName } from '../../../model-name.js';
import { readDetails, type ModelDetails } from './model-answers.js';
import type { OllamaTransport } from '../transport/ollama-transport.js';
import { TransientFailure } from '../transport/transient-failure.js';

const FRESH_MS = 10 * 60_000;
const UNKNOWN_FRESH_MS = 30_000;
const MAX_ENTRIES = 500;
const SHOW_TIMEOUT_MS = 5_000;

/** For a server that tells nothing about its models (some that speak Ollama's API do not). */
const UNKNOWN: ModelDetails = { contextLength: null, remote: false };

/**
 * What `POST /api/show` says, remembered: by digest for the list, by name for some minutes for a
 * chat. Equal questions at the same time are asked once.
 */
export class ModelDetailsCache {
  private readonly byDigest = new Map<string, ModelDetails>();
  private readonly byName = new Map<string, { asked: Promise<ModelDetails>; until: number }>();

  constructor(private readonly transport: Pick<OllamaTransport, 'json'>) {}

  /**
   * Details for a chat. A server that cannot be reached is tried again as a chat is.
   *
   * @throws AppError `model_not_found`; `model_unavailable` when it cannot be reached.
   */
  async ofName(model: string): Promise<ModelDetails> {
    const name = fullModelName(model);
    const known = this.byName.get(name);
    if (known && known.until > performance.now()) return known.asked;
    const entry = { asked: this.showForChat(model), until: performance.now() + FRESH_MS };
    remember(this.byName, name, entry);
    try {
      const details = await entry.asked;
      if (details === UNKNOWN) entry.until = performance.now() + UNKNOWN_FRESH_MS;
      return details;
    } catch (error) {
      if (this.byName.get(name) === entry) this.byName.delete(name);
      throw error;
    }
  }

  /** Details of a listed model; null where it does not say within `timeoutMs`. */
  async ofListed(model: string, digest: string, timeoutMs: number): Promise<ModelDetails | null> {
    const known = this.byDigest.get(digest);
    if (known) return known;
    if (timeoutMs <= 0) return null;
    try {
      const details = await this.show(model, timeoutMs, false);
      remember(this.byDigest, digest, details);
      return details;
    } catch {
      return null;
    }
  }

  /** Ollama said that it does not have this model. */
  forget(model: string): void {
    this.byName.delete(fullModelName(model));
  }

  private async showForChat(model: string): Promise<ModelDetails> {
    try {
      return await this.show(model, SHOW_TIMEOUT_MS, true);
    } catch (error) {
      if (isFinal(error)) throw error;
      return UNKNOWN;
    }
  }

  private async show(model: string, timeoutMs: number, retried: boolean): Promise<ModelDetails> {
    // Ollama before 0.1.30 knows the field as `name`.
    const body = { model, name: model };
    const request = { method: 'POST', path: '/api/show', body, timeoutMs, model, retried } as const;
    return readDetails(await this.transport.json(request));
  }
}

/** Whether a chat would fail for the same reason; otherwise it may be tried without the details. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof AppError)) return true;
  return error.reason !== 'model_unavailable' || error.cause instanceof TransientFailure;
}

/** Sets an entry and drops the oldest ones beyond the bound. */
function remember<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key);
  entries.set(key, value);
  const [oldest] = entries.keys();
  if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
}
