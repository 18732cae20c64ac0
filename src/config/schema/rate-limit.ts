import { boolean, integer } from '../parsers/scalars.js';
import { optional, variable, type ValuesOf } from '../variable.js';

/** More than any key will take, and an exact number in JavaScript. */
const MOST_TOKENS = 1_000_000_000_000;

export const rateLimit = {
  enabled: variable({
    name: 'RATE_LIMIT_ENABLED',
    parser: boolean,
    default: 'True',
    description: 'Whether rate limits apply.',
  }),
  requests: variable({
    name: 'RATE_LIMIT_REQUESTS',
    parser: integer(1, 1_000_000),
    default: '10',
    description: 'Answers that one client may request per minute, over all workers.',
  }),
  readRequests: optional({
    name: 'RATE_LIMIT_READ_REQUESTS',
    parser: integer(1, 10_000_000),
    unset: 'ten times RATE_LIMIT_REQUESTS',
    example: '100',
    description: 'Other requests of one client per minute, for each worker.',
  }),
  streams: variable({
    name: 'RATE_LIMIT_STREAMS',
    parser: integer(1, 100_000),
    default: '2',
    description: 'Streamed answers that one client may have at once.',
  }),
  tokensDay: variable({
    name: 'QUOTA_TOKENS_DAY',
    parser: integer(0, MOST_TOKENS),
    default: '0',
    description:
      'Tokens, of prompts and answers together, that one key may take in a day (UTC), over all workers, ' +
      'whatever RATE_LIMIT_ENABLED says; 0: no limit. Without keys it is one for all.',
  }),
  tokensMonth: variable({
    name: 'QUOTA_TOKENS_MONTH',
    parser: integer(0, MOST_TOKENS),
    default: '0',
    description: 'The same in a calendar month (UTC).',
  }),
};

const READS_PER_GENERATION = 10;

/** With the values that depend on other variables of the namespace. */
export function rateLimitSettings(values: ValuesOf<typeof rateLimit>) {
  const { requests, readRequests } = values;
  return { ...values, readRequests: readRequests ?? requests * READS_PER_GENERATION };
}
