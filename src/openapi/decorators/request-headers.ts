import { ApiHeader } from '@nestjs/swagger';

/** What an `Idempotency-Key` may be: printable ASCII that begins with no space. */
export const IDEMPOTENCY_KEY = /^[!-~][ -~]{0,254}$/;

// No examples here: Swagger UI would send the first one with every request.

/** The header that makes a retry join or replay the answer to the first try. */
export const ApiIdempotencyKey = (): MethodDecorator =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description:
      'A key of your own, so that a retry joins or replays the same generation instead of paying for another. Kept for 24 hours; the same key with another body or route is 409.',
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: 255,
      pattern: IDEMPOTENCY_KEY.source,
    },
  });

/** The header that asks for an answer that need not be waited for. */
export const ApiPrefer = (): MethodDecorator =>
  ApiHeader({
    name: 'Prefer',
    required: false,
    description:
      '`respond-async`: 202 at once, and the answer is read from `Location`. With `wait=<seconds>` beside it, 200 if the answer ends within that time (600 s at most count), else 202. With `return=minimal` a 202 has no body, for clients that know one kind of answer only. Written as RFC 7240 has it; other preferences are ignored, `wait` and `return` alone too.',
    schema: { type: 'string' },
    examples: {
      none: { summary: 'The whole answer, however long it takes', value: '' },
      async: { summary: '202 at once', value: 'respond-async' },
      wait: { summary: '202 if it takes more than ten seconds', value: 'respond-async, wait=10' },
    },
  });

const LAST_EVENT_ID = { name: 'Last-Event-ID', required: false };

/** The header of a reader that comes back. */
export const ApiLastEventId = (): MethodDecorator =>
  ApiHeader({
    ...LAST_EVENT_ID,
    description:
      'Number of the last event that was read, as an `EventSource` sends it when it reconnects. Wins over `after`.',
    schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
  });

/** The same on a request that may be a retry. Where it is none, nothing of the header is looked at. */
export const ApiLastEventIdOfRetry = (): MethodDecorator =>
  ApiHeader({
    ...LAST_EVENT_ID,
    description:
      'On a retry with the same `Idempotency-Key`: the number of the last event that was read, in decimal digits, and the stream goes on after it. Ignored where nothing is joined or replayed.',
    schema: { type: 'string' },
  });
