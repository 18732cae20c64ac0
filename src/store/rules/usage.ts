import type { GenerationEnd } from '../../domain/generation.js';
import type {
  SpentTokens,
  TakenTokens,
  TokenClaim,
  TokenQuotas,
  UsageCounts,
  UsageItem,
} from '../../domain/token-usage.js';
import { dayOf } from '../../domain/utc-days.js';

/** What an ended generation adds to the usage of its key. */
export function usageItem(
  { ownerId, keyName, model }: Pick<UsageItem, 'ownerId' | 'keyName' | 'model'>,
  { status, finishedAt }: Pick<GenerationEnd, 'status' | 'finishedAt'>,
  spent: SpentTokens,
): UsageItem {
  return {
    ownerId,
    keyName,
    model,
    day: dayOf(finishedAt),
    generations: 1,
    completed: status === 'completed' ? 1 : 0,
    cancelled: status === 'cancelled' ? 1 : 0,
    failed: status === 'failed' ? 1 : 0,
    ...spent,
  };
}

/** Field by field: see docs/adr/0014-hidden-classes.md. */
export function added(to: UsageItem, more: UsageCounts): UsageItem {
  return {
    ownerId: to.ownerId,
    keyName: to.keyName,
    model: to.model,
    day: to.day,
    generations: to.generations + more.generations,
    completed: to.completed + more.completed,
    cancelled: to.cancelled + more.cancelled,
    failed: to.failed + more.failed,
    promptTokens: to.promptTokens + more.promptTokens,
    completionTokens: to.completionTokens + more.completionTokens,
    estimatedTokens: to.estimatedTokens + more.estimatedTokens,
  };
}

/** What tells one item from others. */
export function usageKey({ day, ownerId, keyName, model }: UsageItem): string {
  return JSON.stringify([day, ownerId, keyName, model]);
}

/** One item each, by day, then model, key and owner. */
export function summedUp(items: Iterable<UsageItem>): UsageItem[] {
  const sums = new Map<string, UsageItem>();
  for (const item of items) {
    const key = usageKey(item);
    const known = sums.get(key);
    sums.set(key, known ? added(known, item) : item);
  }
  return [...sums.values()].sort(
    (a, b) =>
      compared(a.day, b.day) ||
      compared(a.model, b.model) ||
      compared(a.keyName, b.keyName) ||
      compared(a.ownerId, b.ownerId),
  );
}

function compared(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * What a generation may take: the estimate of its prompt and `max_tokens`. It counts for quotas from its
 * claim to its end.
 */
export function reserved({
  promptTokens,
  maxTokens,
}: Pick<TokenClaim, 'promptTokens' | 'maxTokens'>): number {
  return (promptTokens ?? 0) + maxTokens;
}

/** Whether another answer may begin. The one that passes a quota is the last one in its window. */
export function isBelow({ day, month }: TokenQuotas, taken: TakenTokens): boolean {
  return (
    (day === null || taken.day + taken.running < day) &&
    (month === null || taken.month + taken.running < month)
  );
}
