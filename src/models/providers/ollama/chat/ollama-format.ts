import { mapSchema, type JsonSchema } from '../../../../domain/json-schema.js';
import type { OutputFormat } from '../../../../domain/model.js';
import { plainPattern } from './plain-pattern.js';

/** Keywords that become repetitions in Ollama's grammar, of which it takes no more than `MOST`. */
const REPETITIONS = ['minItems', 'maxItems', 'minLength', 'maxLength'];
const MOST = 2_000;
const BOUNDS = ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'];

/**
 * The format as Ollama takes it: without the bounds and patterns that its grammar cannot hold. Such
 * a schema ends Ollama's runner, or Ollama itself, for all clients (seen in 0.17.4: a `maxLength` of
 * 2001, `\w` in a pattern, a `minLength` beyond its `maxLength`). Whether the answer keeps them is
 * judged at its end.
 */
export function toOllamaFormat(format: OutputFormat): OutputFormat {
  return format === 'json' ? format : mapSchema(format, withoutCrashes);
}

function withoutCrashes(schema: JsonSchema): JsonSchema {
  const { pattern } = schema;
  const plain = typeof pattern === 'string' ? plainPattern(pattern, MOST) : pattern;
  const unheld = new Set([
    ...REPETITIONS.filter((keyword) => Number(schema[keyword]) > MOST),
    ...(isEmpty(schema['minLength'], schema['maxLength']) ? ['minLength', 'maxLength'] : []),
    ...(isEmpty(schema['minItems'], schema['maxItems']) ? ['minItems', 'maxItems'] : []),
    ...(isEmptyRange(schema) ? BOUNDS : []),
    ...(plain === null ? ['pattern'] : []),
  ]);
  if (unheld.size === 0 && plain === pattern) return schema;
  const held = Object.entries(schema).filter(([keyword]) => !unheld.has(keyword));
  return Object.fromEntries(
    held.map(([keyword, value]) => [keyword, keyword === 'pattern' ? plain : value]),
  );
}

/** No length can be in such a range. */
function isEmpty(least: unknown, most: unknown): boolean {
  return numberOf(least, -Infinity) > numberOf(most, Infinity);
}

/** No whole number can be in the range. */
function isEmptyRange(schema: JsonSchema): boolean {
  const above = Math.floor(numberOf(schema['exclusiveMinimum'], -Infinity)) + 1;
  const below = Math.ceil(numberOf(schema['exclusiveMaximum'], Infinity)) - 1;
  const least = Math.max(numberOf(schema['minimum'], -Infinity), above);
  return least > Math.min(numberOf(schema['maximum'], Infinity), below);
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
