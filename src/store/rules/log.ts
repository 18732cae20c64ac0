import type { GenerationRecord, LogBatch } from '../../domain/generation.js';
import type { LogUpdate } from '../../domain/log-update.js';
import { written, type Piece, type Written } from '../../domain/parts.js';

/** Number of the last event of a log; 0 for an empty one. */
export function lastSeq(log: readonly LogBatch[]): number {
  const last = log.at(-1);
  return last ? last.firstSeq + last.tokens.length - 1 : 0;
}

/** The answer in a log, and the number of its last event. */
export function writtenIn(log: readonly LogBatch[]): Written & { seq: number } {
  return { ...written(log.flatMap(({ tokens }) => tokens)), seq: lastSeq(log) };
}

/** The news of generations that another worker runs; `records` were read before their `tokens`. */
export function logUpdates(
  records: readonly GenerationRecord[],
  tokens: ReadonlyMap<string, Piece[]>,
): LogUpdate[] {
  return records.map((record) => ({
    key: record.key,
    tokens: tokens.get(record.key) ?? [],
    phase: record.phase,
    ended: record.finishedAt === null ? null : record,
  }));
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

/** The pieces of a run as stores write them: a JSON array, text as strings. */
export function parsePieces(json: string): Piece[] {
  const pieces: unknown = JSON.parse(json);
  return Array.isArray(pieces) ? pieces.filter(isPiece) : [];
}

/** Whether a value that was read is a piece; only what we wrote is read. */
export function isPiece(value: unknown): value is Piece {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null) return false;
  return 'thinking' in value || 'toolCall' in value;
}
