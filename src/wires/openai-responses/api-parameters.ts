import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiQuery } from '@nestjs/swagger';

/** The id of a response in a path. */
export const ApiResponseId = (): MethodDecorator =>
  ApiParam({
    name: 'id',
    description: '`resp_` and the generation’s id without dashes, or that id as it is.',
  });

/** How a response is read as a stream. */
export const ApiResponseStreamQuery = (): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'stream',
      required: false,
      schema: { type: 'string', enum: ['true', 'false'] },
    }),
    ApiQuery({
      name: 'starting_after',
      required: false,
      description:
        'The `sequence_number` of the last event that was read; only with `stream=true`.',
      schema: { type: 'integer', minimum: 0 },
    }),
  );

/** Which page of a list of items. */
export const ApiItemPage = (): MethodDecorator =>
  applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    }),
    ApiQuery({
      name: 'after',
      required: false,
      schema: { type: 'string' },
      description: 'The `id` of the item behind which the page begins.',
    }),
    ApiQuery({
      name: 'order',
      required: false,
      schema: { type: 'string', enum: ['asc', 'desc'], default: 'desc' },
    }),
  );
