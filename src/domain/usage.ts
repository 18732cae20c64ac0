import type { Usage } from './conversation.js';

/** Largest valid count, which every store can hold. */
const LARGEST_COUNT = 2 ** 31 - 1;

/** The token counts of a model server, if they are valid; null if it reported none. */
export function usageOf(promptTokens: unknown, completionTokens: unknown): Usage | null {
  const usage = { promptTokens: count(promptTokens), completionTokens: count(completionTokens) };
  return usage.promptTokens === null && usage.completionTokens === null ? null : usage;
}

function count(value: unknown): number | null {
  const usable = typeof value === 'number' && Number.isInteger(value) && value >= 0;
  return usable && value <= LARGEST_COUNT ? value : null;
}
