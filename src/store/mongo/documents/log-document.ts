import type { LogBatch } from '../../../domain/generation.js';

/** A run of token events of one generation; many small documents, since one must stay below 16 MB. */
export interface LogDocument {
  /** `logKey(generation, firstSeq)`. */
  _id: string;
  generation: string;
  firstSeq: number;
  lastSeq: number;
  /** The texts as a JSON array: a third of what an array of BSON strings takes. */
  tokens: string;
  /** Stands where the next run would begin once the log of a dead worker was read: none can follow. */
  closed: boolean;
}

export function logKey(generation: string, firstSeq: number): string {
  return `${generation}:${firstSeq}`;
}

export function toLogDocument({ key, firstSeq, tokens }: LogBatch): LogDocument {
  return {
    _id: logKey(key, firstSeq),
    generation: key,
    firstSeq,
    lastSeq: firstSeq + tokens.length - 1,
    tokens: JSON.stringify(tokens),
    closed: false,
  };
}

/** Says that the log ends with event `lastSeq`. */
export function closingDocument(key: string, last: number): LogDocument {
  return { ...toLogDocument({ key, firstSeq: last + 1, tokens: [] }), closed: true };
}

/**
 * The events numbered above `after`, each once and in order. A run that was stored again from another
 * number on overlaps with what was stored before.
 */
export function toBatches(documents: readonly LogDocument[], after: number): LogBatch[] {
  let last = after;
  const inOrder = [...documents].sort((a, b) => a.firstSeq - b.firstSeq);
  return inOrder.flatMap((document) => {
    const all = parseTokens(document.tokens);
    const tokens = all.slice(Math.max(0, last + 1 - document.firstSeq));
    if (tokens.length === 0) return [];
    last = document.lastSeq;
    return [{ key: document.generation, firstSeq: last - tokens.length + 1, tokens }];
  });
}

function parseTokens(json: string): string[] {
  const tokens: unknown = JSON.parse(json);
  return Array.isArray(tokens) ? tokens.map(String) : [];
}
