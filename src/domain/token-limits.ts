import type { TakenTokens, TokenQuotas, UtcDay } from './token-usage.js';
import { dayWindow, monthWindow, type CalendarWindow } from './utc-days.js';

/** Where a key stands in the window of one of its quotas. */
export interface TokenLimit {
  readonly name: 'tokens-day' | 'tokens-month';
  readonly limit: number;
  /** Tokens of answers that ended in the window. */
  readonly used: number;
  readonly window: CalendarWindow;
}

/** The limits that a key's quotas are on a day. */
export function tokenLimits(
  { day, month }: TokenQuotas,
  taken: Pick<TakenTokens, 'day' | 'month'>,
  today: UtcDay,
): TokenLimit[] {
  const limits: TokenLimit[] = [];
  if (day !== null)
    limits.push({ name: 'tokens-day', limit: day, used: taken.day, window: dayWindow(today) });
  if (month !== null)
    limits.push({
      name: 'tokens-month',
      limit: month,
      used: taken.month,
      window: monthWindow(today),
    });
  return limits;
}

/** What is left of a limit. */
export function remainingOf({ limit, used }: TokenLimit): number {
  return Math.max(0, limit - used);
}
