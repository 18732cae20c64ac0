import type { ModelSettings } from '../../../../domain/model.js';
import { ChatModels, type ChatModel } from '../../../chat-models.js';
import { OllamaChatModel, type OllamaConnection } from './ollama-chat-model.js';

/** Settings that many ask for are few; what one client tries out leaves again. */
const MOST = 100;
/** Settings of more characters, with long stop words, are one client's own. */
const LONGEST_KEY = 1_000;

/**
 * `OllamaChatModel`s over the same kept connections, one for all generations of equal settings: it
 * holds nothing of a request, and to make one takes as long as to send a request.
 */
export class OllamaChatModels extends ChatModels {
  private readonly made = new Map<string, OllamaChatModel>();

  constructor(private readonly connection: OllamaConnection) {
    super();
  }

  override create(settings: ModelSettings): ChatModel {
    const key = JSON.stringify(settings);
    const model = this.made.get(key) ?? new OllamaChatModel(settings, this.connection);
    if (key.length > LONGEST_KEY) return model;
    this.made.set(key, model);
    const [oldest] = this.made.keys();
    if (this.made.size > MOST && oldest !== undefined) this.made.delete(oldest);
    return model;
  }
}
