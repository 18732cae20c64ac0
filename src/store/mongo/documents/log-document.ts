import type { LogBatch } from '../../../domain/generation.js';
import { eventsAbove, parsePieces } from '../../rules/log.js';

/** A run of token events of one generation; many small documents, since one must stay below 16 MB. */
export interface LogDocument {
  /** `logKey(generation, firstSeq)`. */
  _id: string;
  generation: string;
  firstSeq: number;
  lastSeq: number;
  /** The pieces as a JSON array: a third of what an array of BSON strings takes. */
  tokens: string;
  /**
   * Inserted in the place of the next run after the log of a dead worker was read: no run can
   * follow.
   */
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

/** The events numbered above `after`, each once and in order. */
export function toBatches(documents: readonly LogDocument[], after: number): LogBatch[] {
  const runs = [...documents]
    .sort((a, b) => a.firstSeq - b.firstSeq)
    .map(({ generation, firstSeq, tokens }) => ({
      key: generation,
      firstSeq,
      tokens: parsePieces(tokens),
    }));
  return eventsAbove(runs, after);
}
