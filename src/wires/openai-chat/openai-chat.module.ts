import { Module } from '@nestjs/common';
import { ChatModule } from '../../chat/chat.module.js';
import { ErrorsBelow } from '../../common/errors/error-form.js';
import { GenerationModule } from '../../generation/generation.module.js';
import { ModelsModule } from '../../models/models.module.js';
import { OPENAI_ERRORS } from '../openai-errors.js';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { OpenAiModelsController } from './openai-models.controller.js';

/** OpenAI's chat API: `/v1/chat/completions` and `/v1/models`. */
@ErrorsBelow('/v1', OPENAI_ERRORS)
@Module({
  imports: [ChatModule, GenerationModule, ModelsModule],
  controllers: [ChatCompletionsController, OpenAiModelsController],
})
export class OpenAiChatModule {}
