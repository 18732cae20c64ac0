import type { ModelSettings } from '../../../domain/model.js';
import { ChatModels, type ChatModel } from '../../chat-models.js';
import { OllamaChatModel, type OllamaConnection } from './ollama-chat-model.js';

/** Makes one light `OllamaChatModel` a generation, all over the same kept connections. */
export class OllamaChatModels extends ChatModels {
  constructor(private readonly connection: OllamaConnection) {
    super();
  }

  override create(settings: ModelSettings): ChatModel {
    return new OllamaChatModel(settings, this.connection);
  }
}
