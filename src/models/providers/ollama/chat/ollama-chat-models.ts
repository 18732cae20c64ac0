import type { ModelProfile, ModelSettings } from '../../../../domain/model.js';
import {
  OllamaChatModel,
  type OllamaConnection,
  type OllamaModelSettings,
} from './ollama-chat-model.js';

/** There are few common settings; those that only one client uses are evicted again. */
const MOST = 100;
/** Longer settings, with long stop words, are probably specific to one client. */
const LONGEST_KEY = 1_000;

/**
 * One model for all generations of equal settings: it holds no data of a request, and constructing
 * one takes as long as sending a request.
 */
export class OllamaChatModels {
  private readonly made = new Map<string, OllamaChatModel>();

  constructor(private readonly connection: OllamaConnection) {}

  get(settings: ModelSettings, profile: ModelProfile): OllamaChatModel {
    const { contextTokens } = profile;
    const stop = stopWords(settings.stop, profile.stop);
    const own: OllamaModelSettings = { ...settings, stop, contextTokens };
    const key = JSON.stringify(own);
    const found = this.made.get(key) ?? new OllamaChatModel(own, this.connection);
    if (key.length > LONGEST_KEY) return found;
    this.made.set(key, found);
    const [oldest] = this.made.keys();
    if (this.made.size > MOST && oldest !== undefined) this.made.delete(oldest);
    return found;
  }
}

/**
 * In Ollama a request's own stop words replace those of the Modelfile, and without these a model runs
 * past the end of its answer. A request without any leaves them in force.
 */
function stopWords(requested: readonly string[], ofModel: readonly string[]): readonly string[] {
  return requested.length === 0 ? [] : [...new Set([...requested, ...ofModel])];
}
