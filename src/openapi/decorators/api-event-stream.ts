import { ApiResponse } from '@nestjs/swagger';
import { STREAM_BODY_REF, STREAM_EXAMPLES } from '../stream-schemas.js';

/**
 * Documents a 200 of server-sent events: the blocks as schemas, the bytes as they come.
 * `numbered`: the example shows `id:` lines.
 */
export function ApiEventStream(options: {
  description: string;
  numbered?: boolean;
}): MethodDecorator {
  const examples = options.numbered
    ? { numbered: STREAM_EXAMPLES.numbered, failure: STREAM_EXAMPLES.failure }
    : STREAM_EXAMPLES;
  return ApiResponse({
    status: 200,
    description: options.description,
    content: { 'text/event-stream': { schema: STREAM_BODY_REF, examples } },
  });
}
