import { hasMoreValues, isRecord } from './json.js';
import { unusable } from './server-failure.js';

/** Longer lines are examined before they are parsed: parsing blocks the event loop. */
export const LONG_LINE = 16 * 1024;
const MOST_VALUES = 20_000;

/**
 * A line of an answer that is a JSON object.
 *
 * @throws ServerFailure `unusable`; its message has nothing of the line
 */
export function parseLine(text: string): Record<string, unknown> {
  if (text.length > LONG_LINE && hasMoreValues(text, MOST_VALUES)) {
    throw unusable('A line has too many values');
  }
  const value = parse(text);
  if (!isRecord(value)) throw unusable('A line is not a JSON object');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the line, which is answer text: it must not reach a log.
    throw unusable(`A line of ${text.length} characters is not JSON`);
  }
}
