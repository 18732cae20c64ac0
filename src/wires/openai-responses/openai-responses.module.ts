import { Module } from '@nestjs/common';
import { ChatModule } from '../../chat/chat.module.js';
import { ErrorsBelow } from '../../common/errors/error-form.js';
import { GenerationModule } from '../../generation/generation.module.js';
import { ModelsModule } from '../../models/models.module.js';
import { OPENAI_ERRORS, openAiErrors } from '../openai-errors.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { ResponseModels } from './response-models.js';
import { ResponseTurns } from './response-turns.js';
import { ResponsesController } from './responses.controller.js';
import { StoredResponses } from './stored-responses.js';

const RESPONSES_ERRORS = openAiErrors({
  input: 'input',
  think: 'reasoning.effort',
  format: 'text.format',
});

/** OpenAI's responses API: `/v1/responses`, `/v1/conversations`. */
@ErrorsBelow('/v1', OPENAI_ERRORS)
@ErrorsBelow('/v1/responses', RESPONSES_ERRORS)
@Module({
  imports: [ChatModule, ConversationsModule, GenerationModule, ModelsModule],
  controllers: [ResponsesController],
  providers: [ResponseModels, ResponseTurns, StoredResponses],
})
export class OpenAiResponsesModule {}
