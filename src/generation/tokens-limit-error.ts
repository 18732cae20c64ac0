import { AppError } from '../common/errors/app-error.js';
import { remainingOf, type TokenLimit } from '../domain/token-limits.js';
import { secondsUntil } from './token-limit-headers.js';

/** While only running answers stand in the way: what they leave is known when they end. */
const RUNNING_SECONDS = 1;

const WINDOWS: Record<TokenLimit['name'], string> = {
  'tokens-day': 'day',
  'tokens-month': 'month',
};

/** A quota of tokens is used up, by ended answers or by what running ones may still take. */
export class TokensLimitError extends AppError {
  constructor(
    readonly limits: readonly TokenLimit[],
    now: number = Date.now(),
  ) {
    // The longest wait: a day's end gives nothing where the month is used up.
    const usedUp = limits.filter((limit) => remainingOf(limit) === 0);
    const last = usedUp.toSorted((a, b) => a.window.end - b.window.end).at(-1);
    const retryAfter = last ? secondsUntil(last.window.end, now) : RUNNING_SECONDS;
    super('tokens_limit', last ? spent(last, retryAfter) : BEING_TAKEN, { retryAfter });
  }
}

const BEING_TAKEN =
  'The answers that are being written may take all tokens that are left; try again when one has ended';

function spent({ name, limit }: TokenLimit, seconds: number): string {
  return `The ${limit} tokens of this ${WINDOWS[name]} are used up: try again in ${seconds} s`;
}
