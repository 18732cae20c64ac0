/**
 * The format that an answer is to have: `json`, or a JSON Schema.
 *
 * @typedef {'json' | Record<string, unknown>} Format
 */

/** A format that an engine cannot follow; the message is safe to send. */
export class FormatError extends Error {}

/**
 * As Ollama reads it: nothing, null and an empty text are none.
 *
 * @param {unknown} value
 * @returns {Format | null}
 */
export function parseFormat(value) {
  if (value === undefined || value === null || value === '') return null;
  if (value === 'json') return value;
  if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  throw new FormatError('invalid format; expected "json" or a valid JSON Schema object');
}
