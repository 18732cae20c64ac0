import type { LogBatch } from '../../domain/generation.js';

/** The text of a log, or of a part of it. */
export function textOf(log: readonly LogBatch[]): string {
  return log.map(({ tokens }) => tokens.join('')).join('');
}

/** Number of the last event of a log; 0 for an empty one. */
export function lastSeq(log: readonly LogBatch[]): number {
  const last = log.at(-1);
  return last ? last.firstSeq + last.tokens.length - 1 : 0;
}

/** The text of a log, and the number of its last event. */
export function writtenIn(log: readonly LogBatch[]): { response: string; seq: number } {
  return { response: textOf(log), seq: lastSeq(log) };
}

/** The part of a batch that is numbered above `seq`, null if there is none. */
export function above(batch: LogBatch, seq: number): LogBatch | null {
  const skip = Math.max(0, seq + 1 - batch.firstSeq);
  if (skip >= batch.tokens.length) return null;
  if (skip === 0) return batch;
  return { key: batch.key, firstSeq: batch.firstSeq + skip, tokens: batch.tokens.slice(skip) };
}

/**
 * The events numbered above `after`, each once, of runs that are ordered by their first number. A run
 * that was stored again after it had grown, or from another number on, overlaps with others.
 */
export function eventsAbove(runs: readonly LogBatch[], after: number): LogBatch[] {
  let last = after;
  return runs.flatMap((run) => {
    const fresh = above(run, last);
    if (!fresh) return [];
    last = lastSeq([fresh]);
    return fresh;
  });
}

/** Of runs of one generation with the same first number the longest: a place is written once. */
export function longestRuns(batches: readonly LogBatch[]): LogBatch[] {
  const longest = new Map<string, LogBatch>();
  for (const batch of batches) {
    const place = `${batch.key} ${batch.firstSeq}`;
    const known = longest.get(place);
    if (!known || known.tokens.length < batch.tokens.length) longest.set(place, batch);
  }
  return [...longest.values()];
}

/** The tokens of a run as databases store them: a JSON array of strings. */
export function parseTokens(json: string): string[] {
  const tokens: unknown = JSON.parse(json);
  return Array.isArray(tokens) ? tokens.map(String) : [];
}
