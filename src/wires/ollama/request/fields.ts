import { invalidField, type AppError } from '../../../common/errors/app-error.js';

/** A JSON object of a client; fields that are not asked for are ignored, as Ollama does. */
export type Fields = Readonly<Record<string, unknown>>;

/** A field of a request, and where it is, as errors name it: `messages[0].content`. */
export interface Field {
  value: unknown;
  path: string;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function wrong({ path: field }: Pick<Field, 'path'>, message: string): AppError {
  return invalidField({ field, message });
}

/** Null, like a field that is left out, is none. */
export function fieldOf(fields: Fields, name: string, within = ''): Field {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return { value: value ?? undefined, path: within === '' ? name : `${within}.${name}` };
}

export function textOf(field: Field): string | null {
  if (field.value === undefined) return null;
  if (typeof field.value !== 'string') throw wrong(field, 'must be a text');
  return field.value;
}

export function flagOf(field: Field): boolean | null {
  if (field.value === undefined) return null;
  if (typeof field.value !== 'boolean') throw wrong(field, 'must be true or false');
  return field.value;
}

export function objectOf(field: Field): Fields | null {
  if (field.value === undefined) return null;
  if (!isFields(field.value)) throw wrong(field, 'must be an object');
  return field.value;
}

/** Its items with their paths; none where it is left out. */
export function listOf(field: Field): Field[] {
  const { value = [], path } = field;
  if (!Array.isArray(value)) throw wrong(field, 'must be a list');
  const items: unknown[] = value;
  return items.map((item, index) => ({ value: item, path: `${path}[${String(index)}]` }));
}

/** The same of objects. */
export function objectsOf(field: Field): { fields: Fields; path: string }[] {
  return listOf(field).map((item) => {
    if (!isFields(item.value)) throw wrong(item, 'must be an object');
    return { fields: item.value, path: item.path };
  });
}
