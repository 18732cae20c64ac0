import { invalidField, type AppError } from '../common/errors/app-error.js';

/** A JSON object as a client sent it. */
export type Fields = Readonly<Record<string, unknown>>;

export function refused(field: string, message: string): AppError {
  return invalidField({ field, message });
}

/** The scheme of a URL has no case. */
export function isDataUrl(url: string): boolean {
  return /^data:/i.test(url);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null counts as left out, as everywhere in this API. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export interface Range {
  minimum: number;
  maximum: number;
  isInteger?: boolean;
}

/** A number of the body; undefined where it is left out. Throws `validation`. */
export function numberIn(body: Fields, field: string, range: Range): number | undefined {
  const value = body[field];
  if (!isGiven(value)) return undefined;
  const { minimum, maximum, isInteger = false } = range;
  const isRight = typeof value === 'number' && (!isInteger || Number.isInteger(value));
  if (isRight && value >= minimum && value <= maximum) return value;
  const kind = isInteger ? 'a whole number' : 'a number';
  const most = maximum === Number.MAX_SAFE_INTEGER ? `, ${minimum} or more` : '';
  throw refused(field, `must be ${kind}${most || ` from ${minimum} to ${maximum}`}`);
}

/** Throws `validation`. */
export function booleanIn(body: Fields, field: string): boolean | undefined {
  const value = body[field];
  if (!isGiven(value)) return undefined;
  if (typeof value === 'boolean') return value;
  throw refused(field, 'must be true or false');
}

/** Throws `validation`. */
export function textIn(body: Fields, field: string, path = field): string | undefined {
  const value = body[field];
  if (!isGiven(value)) return undefined;
  if (typeof value === 'string') return value;
  throw refused(path, 'must be a string');
}

/** Throws `validation`. */
export function listIn(body: Fields, field: string, path = field): readonly unknown[] | undefined {
  const value = body[field];
  if (!isGiven(value)) return undefined;
  if (Array.isArray(value)) return [...(value as readonly unknown[])];
  throw refused(path, 'must be a list');
}
