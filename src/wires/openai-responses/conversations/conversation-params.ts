import { Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { AppError } from '../../../common/errors/app-error.js';
import { parseConversationId } from '../items/item-ids.js';

/** The conversation's UUID; what cannot be one is as unknown as any other. */
class ConversationIdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    const id = typeof value === 'string' ? parseConversationId(value) : null;
    if (id !== null) return id;
    throw new AppError('conversation_not_found', 'Conversation not found');
  }
}

/** Parameter of a controller: the conversation of the path. */
export const ConversationParam = (): ParameterDecorator => Param('id', new ConversationIdPipe());

export const ApiConversationParam = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    type: String,
    description: 'The conversation: `conv_` and its id without dashes, or its id as it is.',
  });

export const ApiItemParam = (): MethodDecorator =>
  ApiParam({ name: 'item', type: String, description: 'The `id` of an item.' });
