import type { LogFields } from '../app-logger.js';
import { Disclosed } from './disclosed.js';
import { scrub } from './scrub.js';
import { isSensitive } from './sensitive-names.js';
import { isError, serializeError } from './serialize-error.js';

const REDACTED = '[redacted]';
const MAX_DEPTH = 5;
const MAX_ITEMS = 50;

/** Reserved names of a line; a field of that name gets an underscore. */
const OWN_NAMES = new Set(['level', 'time', 'pid', 'msg']);

/**
 * Fields as they may be written: secrets and text of people replaced, errors serialised, strings
 * scrubbed, and no more than a line can hold. Getters and `toJSON` of what it is given are
 * never called.
 */
export function loggable(fields: LogFields): LogFields {
  // Without a prototype, `__proto__` is a name like any other.
  const written = Object.create(null) as LogFields;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    const key = OWN_NAMES.has(name) ? `${name}_` : scrub(name);
    written[key] = name === 'error' ? serializeError(value) : plainField(name, value, MAX_DEPTH);
  }
  return written;
}

function plainField(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined) return value;
  if (value instanceof Disclosed) return value.text;
  return isSensitive(name, value) ? REDACTED : plainValue(value, depth);
}

function plainValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return scrub(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
    case 'symbol':
      return scrub(String(value));
    case 'function':
      return undefined;
    case 'object':
      return value === null ? null : plainObject(value, depth);
  }
}

function plainObject(value: object, depth: number): unknown {
  if (isError(value)) return serializeError(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return scrub(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth === 0) return '[…]';
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ITEMS).map((item: unknown) => plainValue(item, depth - 1));
  }
  const entries = Object.entries(Object.getOwnPropertyDescriptors(value))
    .filter(([, property]) => property.enumerable)
    .slice(0, MAX_ITEMS);
  return Object.fromEntries(
    entries.map(([name, { value: inner }]) => [scrub(name), plainField(name, inner, depth - 1)]),
  );
}
