import type { LogBatch } from '../../../domain/generation.js';

export interface LogRow {
  generation_key: string;
  first_seq: number;
  tokens: string;
}

/**
 * The events numbered above `after`, each once. A batch that was stored again after it had grown, or
 * from another number on, overlaps with what was stored before.
 */
export function toBatches(rows: readonly LogRow[], after: number): LogBatch[] {
  let last = after;
  return rows.flatMap((row) => {
    const all = parseTokens(row.tokens);
    const tokens = all.slice(Math.max(0, last + 1 - row.first_seq));
    if (tokens.length === 0) return [];
    const firstSeq = row.first_seq + all.length - tokens.length;
    last = firstSeq + tokens.length - 1;
    return [{ key: row.generation_key, firstSeq, tokens }];
  });
}

export function textOf(log: readonly LogBatch[]): string {
  return log.map(({ tokens }) => tokens.join('')).join('');
}

/** Number of the last event; 0 for an empty log. */
export function lastSeq(log: readonly LogBatch[]): number {
  const last = log.at(-1);
  return last ? last.firstSeq + last.tokens.length - 1 : 0;
}

function parseTokens(json: string): string[] {
  const tokens: unknown = JSON.parse(json);
  return Array.isArray(tokens) ? tokens.map(String) : [];
}
