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

/** The header of a reader that comes back. */
export const ApiLastEventId = (description: string): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description,
    schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
  });
