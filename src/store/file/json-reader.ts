import type { AnswerParts, Part } from '../../domain/parts.js';
import { isPiece } from '../rules/log.js';

/** A damaged file; the message never contains any of its text. */
export class DamagedFileError extends Error {
  override readonly name: string = 'DamagedFileError';
}

/** A file of a later release, which must not be changed. */
export class NewerFileError extends DamagedFileError {
  override readonly name = 'NewerFileError';
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes typed fields from parsed JSON; throws `DamagedFileError` for a missing or a wrong one. */
export class JsonReader {
  private constructor(private readonly object: JsonObject) {}

  /** @param oldest the first version that can be read; a file without a version is taken for `version` */
  static parse(text: string, version: number, oldest = version): JsonReader {
    const reader = new JsonReader(parseObject(text));
    const written = reader.object['version'] ?? version;
    if (typeof written !== 'number' || written < oldest)
      throw new DamagedFileError('an unknown version');
    if (written > version) throw new NewerFileError('written by a later release');
    return reader;
  }

  static of(text: string): JsonReader {
    return new JsonReader(parseObject(text));
  }

  text(name: string): string {
    const value = this.object[name];
    if (typeof value !== 'string') throw new DamagedFileError(`${name} is not a string`);
    return value;
  }

  number(name: string): number {
    const value = this.object[name];
    if (typeof value !== 'number') throw new DamagedFileError(`${name} is not a number`);
    return value;
  }

  /** An ISO 8601 time, as epoch milliseconds. */
  time(name: string): number {
    const time = Date.parse(this.text(name));
    if (Number.isNaN(time)) throw new DamagedFileError(`${name} is not a time`);
    return time;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.text(name);
    const known = values.find((candidate) => candidate === value);
    if (known === undefined) throw new DamagedFileError(`${name} has an unknown value`);
    return known;
  }

  /** How many items a list has. */
  count(name: string): number {
    const value = this.object[name];
    if (!Array.isArray(value)) throw new DamagedFileError(`${name} is not a list`);
    return value.length;
  }

  list(name: string): JsonReader[] {
    const value = this.object[name];
    if (!Array.isArray(value) || !value.every(isObject))
      throw new DamagedFileError(`${name} is not a list of objects`);
    return value.map((item) => new JsonReader(item));
  }

  optionalList(name: string): JsonReader[] | null {
    return this.has(name) ? this.list(name) : null;
  }

  /** Whether it is set to `true`. */
  flag(name: string): boolean {
    return this.object[name] === true;
  }

  /** Strings, in order; none where there is no list. */
  optionalTexts(name: string): string[] {
    const value = this.has(name) ? this.object[name] : [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw new DamagedFileError(`${name} is not a list of strings`);
    return value;
  }

  /** An object with any fields. */
  optionalRecord(name: string): Readonly<JsonObject> | null {
    return this.optionalObject(name)?.object ?? null;
  }

  /** An object of strings. */
  optionalTextsByName(name: string): Readonly<Record<string, string>> | null {
    const value = this.optionalRecord(name);
    if (value === null || isOfTexts(value)) return value;
    throw new DamagedFileError(`${name} is not an object of strings`);
  }

  optional(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  optionalNumber(name: string): number | null {
    return this.has(name) ? this.number(name) : null;
  }

  optionalOneOf<T extends string>(name: string, values: readonly T[]): T | null {
    return this.has(name) ? this.oneOf(name, values) : null;
  }

  optionalObject(name: string): JsonReader | null {
    if (!this.has(name)) return null;
    const value = this.object[name];
    if (!isObject(value)) throw new DamagedFileError(`${name} is not an object`);
    return new JsonReader(value);
  }

  /** What an answer has beside its text; null where it has nothing. */
  optionalParts(name: string): AnswerParts | null {
    const parts = this.optionalObject(name);
    if (!parts) return null;
    const list = parts.list('list').map(({ object }) => {
      if (isPart(object)) return object;
      throw new DamagedFileError(`${name} has a part that is none that we know`);
    });
    return { list, thinkingMs: parts.optionalNumber('thinkingMs') };
  }

  private has(name: string): boolean {
    return (this.object[name] ?? null) !== null;
  }
}

function isOfTexts(value: Readonly<JsonObject>): value is Readonly<Record<string, string>> {
  return Object.values(value).every((each) => typeof each === 'string');
}

function isPart(value: JsonObject): value is JsonObject & Part {
  return typeof value['text'] === 'number' || isPiece(value);
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The parser's message quotes the text, which is a user's chat.
  }
  throw new DamagedFileError('not a JSON object');
}
