import type { GenerationRecord } from '../../domain/generation.js';

/** A generation that waits, as far as its place matters. */
export type Queued = Pick<GenerationRecord, 'key' | 'workerId' | 'createdAt'>;

/**
 * The places of generations among all that wait under the same worker, 1 is next, in the order in
 * which they were claimed.
 */
export function queuePositions(
  keys: readonly string[],
  queued: readonly Queued[],
): Map<string, number> {
  const wanted = new Set(keys);
  const places = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { key, workerId } of [...queued].sort((a, b) => a.createdAt - b.createdAt)) {
    const place = (counts.get(workerId) ?? 0) + 1;
    counts.set(workerId, place);
    if (wanted.has(key)) places.set(key, place);
  }
  return places;
}
