import { randomUUID } from 'node:crypto';
import type { TextRange } from './large-text-scanner.js';
import { LargeText } from './large-text.js';

/** A body without its long texts, and how to put them back into its value. */
export interface LiftedBody {
  /** JSON with a short text in the place of each long one. */
  rest: Buffer;
  /** Puts the long texts into a field of the parsed rest, as `LargeText`. */
  restore: (value: unknown, field: string) => void;
}

export function liftTexts(bytes: Buffer, ranges: readonly TextRange[]): LiftedBody {
  // NUL is in no text that passes validation; the id cannot be guessed.
  const mark = `\0${randomUUID()}:`;
  const parts: Buffer[] = [];
  const texts = new Map<string, LargeText>();
  let from = 0;
  for (const [index, { start, end, hasEscapes }] of ranges.entries()) {
    const name = `${mark}${index}`;
    texts.set(name, new LargeText(bytes.subarray(start, end), hasEscapes));
    parts.push(bytes.subarray(from, start), Buffer.from(JSON.stringify(name).slice(1, -1)));
    from = end;
  }
  parts.push(bytes.subarray(from));
  const textOf = (value: unknown): unknown =>
    typeof value === 'string' ? (texts.get(value) ?? value) : value;
  return {
    rest: Buffer.concat(parts),
    restore(value, field) {
      const items = isRecord(value) ? value[field] : null;
      if (!Array.isArray(items)) return;
      const list: unknown[] = items;
      for (const [index, item] of list.entries()) {
        list[index] = textOf(item);
        if (!isRecord(item)) continue;
        for (const [key, inner] of Object.entries(item)) item[key] = textOf(inner);
      }
    },
  };
}

/** An array too: its items are its fields. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
