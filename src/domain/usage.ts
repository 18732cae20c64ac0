import type { Usage } from './conversation.js';

/** Largest count that is believed, and that every store keeps. */
const LARGEST_COUNT = 2 ** 31 - 1;

/** What a model server said of tokens, as far as it can be believed; null where it said nothing. */
export function usageOf(promptTokens: unknown, completionTokens: unknown): Usage | null {
  const usage = { promptTokens: count(promptTokens), completionTokens: count(completionTokens) };
  return usage.promptTokens === null && usage.completionTokens === null ? null : usage;
}

function count(value: unknown): number | null {
  const usable = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return usable && value <= LARGEST_COUNT ? value : null;
}
