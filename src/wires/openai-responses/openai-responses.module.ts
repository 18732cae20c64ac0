import { Module } from '@nestjs/common';
import { ErrorsBelow } from '../../common/errors/error-form.js';
import { OPENAI_ERRORS } from '../openai-errors.js';
import { ConversationsModule } from './conversations/conversations.module.js';

/** OpenAI's responses API: `/v1/conversations`. */
@ErrorsBelow('/v1', OPENAI_ERRORS)
@Module({ imports: [ConversationsModule] })
export class OpenAiResponsesModule {}
