import type { ModelProfile, ModelSettings } from '../../../../domain/model.js';
import { KeptModels } from '../../../transport/kept-models.js';
import {
  OllamaChatModel,
  type OllamaConnection,
  type OllamaModelSettings,
} from './ollama-chat-model.js';

/** The chat models of one Ollama server. */
export class OllamaChatModels {
  private readonly kept: KeptModels<OllamaModelSettings, OllamaChatModel>;

  constructor(connection: OllamaConnection) {
    this.kept = new KeptModels((settings) => new OllamaChatModel(settings, connection));
  }

  get(settings: ModelSettings, profile: ModelProfile): OllamaChatModel {
    const { contextTokens } = profile;
    const stop = stopWords(settings.stop, profile.stop);
    return this.kept.get({ contextTokens, ...settings, stop });
  }
}

/**
 * In Ollama a request's own stop words replace those of the Modelfile, and without these a model runs
 * past the end of its answer. A request without any leaves them in force.
 */
function stopWords(requested: readonly string[], ofModel: readonly string[]): readonly string[] {
  return requested.length === 0 ? [] : [...new Set([...requested, ...ofModel])];
}
