import { ApiHeader } from '@nestjs/swagger';

/** The pattern of an `Idempotency-Key`: printable ASCII that does not begin with a space. */
export const IDEMPOTENCY_KEY = /^[!-~][ -~]{0,254}$/;

// No examples here: Swagger UI would send the first one with every request.

/** The header that makes a retry join or replay the answer to the first try. */
export const ApiIdempotencyKey = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'A key that the client makes, so that a retry joins or replays the same generation instead ' +
      'of starting another. Valid for 24 hours; the same key with another body or route is 409.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      pattern: IDEMPOTENCY_KEY.source,
    },
  });

const ENTITY_TAG = '(W/)?"[^"\\u0000-\\u0020\\u007f]*"';
const ENTITY_TAGS = `^ *(\\*|${ENTITY_TAG}( *, *${ENTITY_TAG})*) *$`;

/** The header with which a change is only made to the conversation as the client knows it. */
export const ApiIfMatch = (more = ''): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description:
      "The conversation's `ETag` as it was read. If the conversation has another revision by now, the " +
      'response is 412 and nothing is done. Several tags are separated by commas; `*` is any revision, ' +
      `as without the header; weak tags (\`W/"4"\`) never match.${more}`,
    schema: { type: 'string', pattern: ENTITY_TAGS },
  });

/** The header of a client that has read the conversation before. */
export const ApiIfNoneMatch = (): MethodDecorator =>
  ApiHeader({
    name: 'If-None-Match',
    required: false,
    description:
      "The conversation's `ETag` as it was read: 304 if that is still its revision and no generation runs.",
    schema: { type: 'string' },
  });

/** The header that requests an asynchronous answer. */
export const ApiPrefer = (): MethodDecorator =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`respond-async`: 202 at once, and the answer can be read from `Location`. With ' +
      '`wait=<seconds>` in addition, 200 if the answer ends within that time (at most 600 s), ' +
      'else 202. With `return=minimal` a 202 has no body, for clients that support only one type ' +
      'of body. The syntax is that of RFC 7240; other preferences are ignored, and so are `wait` ' +
      'and `return` without `respond-async`.',
    schema: { type: 'string' },
    examples: {
      none: { summary: 'The whole answer, however long it takes', value: '' },
      async: { summary: '202 at once', value: 'respond-async' },
      wait: { summary: '202 if it takes more than ten seconds', value: 'respond-async, wait=10' },
    },
  });

const LAST_EVENT_ID = { name: 'Last-Event-ID', required: false };

/** The header of a reader that reconnects. */
export const ApiLastEventId = (): MethodDecorator =>
  ApiHeader({
    ...LAST_EVENT_ID,
    description:
      'Number of the last event that was read, as an `EventSource` sends it when it reconnects. ' +
      'Takes precedence over `after`.',
    schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
  });

/** The same of the stream of changes, whose events have cursors. */
export const ApiLastCursor = (): MethodDecorator =>
  ApiHeader({
    ...LAST_EVENT_ID,
    description:
      'The `id` of the last event that was read, as an `EventSource` sends it when it reconnects. ' +
      'Takes precedence over `after`.',
    schema: { type: 'string', pattern: '^[0-9]{1,15}-[0-9a-f]{8}$' },
  });

/** The same on a request that may be a retry; the header is ignored if it is not a retry. */
export const ApiLastEventIdOfRetry = (): MethodDecorator =>
  ApiHeader({
    ...LAST_EVENT_ID,
    description:
      'On a retry with the same `Idempotency-Key`: the number of the last event that was read, ' +
      'in decimal digits; the stream resumes after it. Ignored if no answer is joined or ' +
      'replayed.',
    schema: { type: 'string' },
  });
