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

/** What of an answer a log has: its text, and the number of its last event. */
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
