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

function parseTokens(json: string): string[] {
  const tokens: unknown = JSON.parse(json);
  return Array.isArray(tokens) ? tokens.map(String) : [];
}
