import type { HeaderObject, ReferenceObject } from '@nestjs/swagger';

const text = (description: string, example: string): HeaderObject => ({
  description,
  schema: { type: 'string' },
  example,
});
const integer = (description: string, example: number): HeaderObject => ({
  description,
  schema: { type: 'integer', minimum: 0 },
  example,
});
/** Of a response that never comes without it. */
const always = (header: HeaderObject): HeaderObject => ({ ...header, required: true });

/** Response headers, described once; routes refer to them. */
export const HEADERS = {
  RequestId: always(
    text(
      'The id of this request in the log: the received id if it is valid, else a new one.',
      '0f7c2b9e-8d0b-4a55-9c3e-1c2f1d9f7b60',
    ),
  ),
  RetryAfter: integer('Whole seconds after which a retry may succeed.', 5),
  RateLimit: text(
    'What is left of each limit, and the seconds until it is reset: `generation` or `requests`; where ' +
      'tokens are limited, `tokens-day` and `tokens-month`.',
    '"generation";r=9;t=60, "tokens-day";r=87250;t=3600',
  ),
  RateLimitPolicy: text(
    'Each limit, and its window in seconds.',
    '"generation";q=10;w=60, "tokens-day";q=100000;w=86400',
  ),
  XRateLimitLimit: integer('Number of requests in the budget.', 10),
  XRateLimitRemaining: integer('Number of remaining requests.', 9),
  XRateLimitReset: integer('Seconds until the budget is reset.', 60),
  XRateLimitLimitTokens: integer(
    'Tokens of the day or month, the one of which less is left; only where tokens are limited.',
    100_000,
  ),
  XRateLimitRemainingTokens: integer(
    'What is left of these, before this answer; only where tokens are limited.',
    87_250,
  ),
  ConversationId: text(
    'The conversation; sent before the body, also with an error after the generation has begun.',
    'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  ),
  GenerationId: text(
    'The generation, which can be read, resumed or cancelled; also sent with an error after it ' +
      'has begun.',
    '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
  ),
  Location: always(
    text(
      'Address of the generation, to poll until it has ended.',
      '/api/generations/0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
    ),
  ),
  ConversationLocation: always(
    text('Address of the conversation.', '/api/history/a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8'),
  ),
  ETag: always(text("The conversation's `revision`, for `If-Match` and `If-None-Match`.", '"4"')),
  PreferenceApplied: always(text('The preferences that were applied.', 'respond-async')),
  WwwAuthenticate: always(text('How to send an API key; `X-Api-Key` is accepted too.', 'Bearer')),
  IdempotencyReplayed: text(
    '`true` if the response is that of an earlier request with this key.',
    'true',
  ),
} as const satisfies Record<string, HeaderObject>;

export const reference = (name: keyof typeof HEADERS): ReferenceObject => ({
  $ref: `#/components/headers/${name}`,
});

/** References to `HEADERS`, for the `headers` of a response. */
export const HEADER_REF = {
  requestId: reference('RequestId'),
  retryAfter: reference('RetryAfter'),
  location: reference('Location'),
  preferenceApplied: reference('PreferenceApplied'),
  authenticate: reference('WwwAuthenticate'),
} as const;

/** What names a generation, on the answers of routes that start or stream one. */
export const GENERATION_HEADERS: Record<string, ReferenceObject> = {
  'X-Conversation-Id': reference('ConversationId'),
  'X-Generation-Id': reference('GenerationId'),
};

/** What a request that starts a generation is answered with beside. */
export const ANSWER_HEADERS: Record<string, ReferenceObject> = {
  'Idempotency-Replayed': reference('IdempotencyReplayed'),
};

/** The headers of every answer of a route with a budget, failures too once it was counted. */
export const RATE_LIMIT_HEADERS: Record<string, ReferenceObject> = {
  RateLimit: reference('RateLimit'),
  'RateLimit-Policy': reference('RateLimitPolicy'),
  'X-RateLimit-Limit': reference('XRateLimitLimit'),
  'X-RateLimit-Remaining': reference('XRateLimitRemaining'),
  'X-RateLimit-Reset': reference('XRateLimitReset'),
};

/** What of the limits of tokens answers of OpenAI's APIs have beside. */
export const TOKEN_HEADERS: Record<string, ReferenceObject> = {
  'X-RateLimit-Limit-Tokens': reference('XRateLimitLimitTokens'),
  'X-RateLimit-Remaining-Tokens': reference('XRateLimitRemainingTokens'),
};
