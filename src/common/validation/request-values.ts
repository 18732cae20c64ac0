import { AppError, invalidField } from '../errors/app-error.js';
import { isSentAsIs, sentLimitsOf } from './json-as-sent.decorator.js';
import { isNullKept } from './null-is-none.decorator.js';
import { maxItemsOf, nestedTypeOf } from './nested-object.decorator.js';
import { assertWithin } from './sent-limits.js';
import { displayField, fieldError } from './validation-error.js';

/** Far deeper than any body of this API, far below what would overflow the stack. */
const MAX_DEPTH = 64;
/** Far more than any object of this API; class-transformer compares each name with all others. */
const MAX_FIELDS = 1_000;

/** Names that would change an object instead of being its field. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['__proto__', 'constructor']);
/** Names that every object has: class-transformer takes such a field for known, and drops it. */
const INHERITED = new Set(['prototype', ...Object.getOwnPropertyNames(Object.prototype)]);

interface Place {
  value: unknown;
  path: string;
  depth: number;
  /** The DTO class of the value, or of its items, if it has one. */
  type: object | undefined;
  /** Whether it is kept as it was sent. */
  asSent: boolean;
}

/** What is sent, as far as it matters for its values. */
export interface SentValues {
  /** Its name, of a single query parameter. */
  name?: string | undefined;
  /** Unknown names are refused, so inherited ones must be: those of bodies. */
  exact?: boolean;
  /** The DTO class that it is read as. */
  type?: object | undefined;
  /** Whether all of it is kept as it was sent. */
  asSent?: boolean;
}

/**
 * Prepares what a client sent (parsed JSON or a query) for validation, in place: `null` fields go,
 * as if they had not been sent (but for those with `NullIsNone`), and so do `__proto__` and `constructor`, but for fields that are kept
 * as they were sent. Refuses, with 400,
 * nesting beyond 64 levels, objects of more than 1,000 fields and text that not every store can
 * keep (NUL, lone surrogates). Walks without recursion and without spreading what may be long.
 */
export function cleanValues(root: unknown, sent: SentValues = {}): void {
  const { name = '', exact = false, type, asSent = false } = sent;
  const places: Place[] = [{ value: root, path: name, depth: 0, type, asSent }];
  for (let place = places.pop(); place; place = places.pop()) {
    if (typeof place.value === 'string') assertStorable(place.value, place.path);
    else for (const inner of insideOf(place, exact)) places.push(inner);
  }
}

/** Whether JSON that came as a text in a body is nested deeper than the body itself may be. */
export function isTooDeep(root: unknown): boolean {
  const places = [{ value: root, depth: 0 }];
  for (let place = places.pop(); place; place = places.pop()) {
    const { value, depth } = place;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= MAX_DEPTH) return true;
    for (const inner of Object.values(value)) places.push({ value: inner, depth: depth + 1 });
  }
  return false;
}

/** Whether every store can keep it: it has no NUL and no lone surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function insideOf(place: Place, exact: boolean): Iterable<Place> {
  const { value } = place;
  if (typeof value !== 'object' || value === null) return [];
  return Array.isArray(value) ? itemsOf(value, place) : fieldsOf(value, place, exact);
}

function* itemsOf(items: unknown[], place: Place): Iterable<Place> {
  const { path, depth, type, asSent } = place;
  assertShallow(depth);
  for (const [index, value] of items.entries()) {
    if (value !== null && (typeof value === 'object' || typeof value === 'string')) {
      yield { value, path: `${path}[${index}]`, depth: depth + 1, type, asSent };
    }
  }
}

function* fieldsOf(fields: object, place: Place, exact: boolean): Iterable<Place> {
  const { path, depth, type, asSent } = place;
  assertShallow(depth);
  const entries = Object.entries(fields);
  if (entries.length > MAX_FIELDS) throw tooManyFields(path);
  for (const [key, value] of entries) {
    const here = path ? `${path}.${key}` : key;
    if (value === null && isNullKept(type, key)) continue;
    if (asSent) yield { value, path: here, depth: depth + 1, type: undefined, asSent };
    else if (value === null || WITHOUT_EFFECT.has(key)) Reflect.deleteProperty(fields, key);
    else if (exact && INHERITED.has(key)) throw fieldError(here, 'unknown field');
    else {
      assertItems(value, here, maxItemsOf(type, key));
      assertWithin(sentLimitsOf(type, key), value, here);
      yield {
        value,
        path: here,
        depth: depth + 1,
        type: nestedTypeOf(type, key),
        asSent: isSentAsIs(type, key),
      };
    }
  }
}

function assertItems(value: unknown, path: string, max: number | null): void {
  if (max === null || !Array.isArray(value) || value.length <= max) return;
  throw fieldError(path, `${path} must have at most ${max} items`);
}

function assertShallow(depth: number): void {
  if (depth < MAX_DEPTH) return;
  throw new AppError('validation', `Invalid request: nested deeper than ${MAX_DEPTH} levels`, {
    details: [{ field: 'body', message: `must not be nested deeper than ${MAX_DEPTH} levels` }],
  });
}

function tooManyFields(path: string): AppError {
  const field = displayField(path || 'body');
  const message = `must not have more than ${MAX_FIELDS} fields`;
  return invalidField({ field, message });
}

function assertStorable(text: string, path: string): void {
  if (isStorable(text)) return;
  const field = displayField(path || 'body');
  const message = 'must be Unicode text without NUL characters and lone surrogates';
  throw invalidField({ field, message });
}
