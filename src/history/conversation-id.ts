import { Param } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { IdPipe } from '../common/validation/id.pipe.js';

/** Parameter of a controller: the conversation's id in the path; what cannot be one is unknown. */
export const ConversationId = (): ParameterDecorator =>
  Param('id', new IdPipe('conversation_not_found', 'Conversation not found'));

export const ApiConversationId = (): MethodDecorator =>
  ApiParam({ name: 'id', description: 'The conversation.' });
