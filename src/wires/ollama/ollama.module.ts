import { Module } from '@nestjs/common';
import { ChatModule } from '../../chat/chat.module.js';
import { ErrorsBelow } from '../../common/errors/error-form.js';
import { GenerationModule } from '../../generation/generation.module.js';
import { ModelsModule } from '../../models/models.module.js';
import { OLLAMA_ERRORS } from './errors.js';
import { OllamaModels } from './ollama-models.js';
import { OllamaModelsController } from './ollama-models.controller.js';
import { OllamaController } from './ollama.controller.js';

/** Ollama's API, below `/api/ollama`. */
@ErrorsBelow('/api/ollama', OLLAMA_ERRORS)
@Module({
  imports: [ChatModule, GenerationModule, ModelsModule],
  controllers: [OllamaController, OllamaModelsController],
  providers: [OllamaModels],
})
export class OllamaModule {}
