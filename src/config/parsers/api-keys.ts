import { createHash } from 'node:crypto';

import { listItems, type Parsed, type Parser } from './parser.js';

/** One API key: its owner, and the SHA-256 digest with which keys are compared. */
export interface ApiKey {
  readonly owner: string;
  readonly digest: Buffer;
}

const MIN_KEY_LENGTH = 20;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Characters that are valid in a header and in a comma-separated list. */
const KEY = /^[\x21-\x2b\x2d-\x7e]+$/;

const EXPECTS = `name:key pairs separated by commas, keys of at least ${MIN_KEY_LENGTH} characters`;

/** `name:key` pairs; only digests are stored. Problems name an entry by its position only. */
export const apiKeys: Parser<readonly ApiKey[]> = {
  expects: EXPECTS,
  parse: (text): Parsed<readonly ApiKey[]> => {
    const keys: ApiKey[] = [];
    for (const [index, item] of withoutComments(text).entries()) {
      const entry = apiKey(item);
      const expected = typeof entry === 'string' ? entry : clash(entry, keys);
      if (expected) return { expected: `in entry ${index + 1} ${expected}` };
      if (typeof entry !== 'string') keys.push(entry);
    }
    return keys.length > 0 ? { value: keys } : { expected: EXPECTS };
  },
};

/** A file with one key per line may contain comments. */
function withoutComments(text: string): string[] {
  const lines = text.split('\n').filter((line) => !line.trim().startsWith('#'));
  return listItems(lines.join('\n'));
}

/** The key, or what was expected in its entry. */
function apiKey(item: string): ApiKey | string {
  const colon = item.indexOf(':');
  if (colon < 0) return 'a name, a colon and a key';
  const owner = item.slice(0, colon).trim();
  const key = item.slice(colon + 1).trim();
  if (!NAME.test(owner)) return 'a name of up to 64 letters, digits, dots, dashes or underscores';
  if (key.length < MIN_KEY_LENGTH) return `a key of at least ${MIN_KEY_LENGTH} characters`;
  if (!KEY.test(key)) return 'a key of printable ASCII characters without spaces';
  return { owner, digest: createHash('sha256').update(key).digest() };
}

/** Owners must differ in more than case, since a database may compare names case-insensitively. */
function clash(entry: ApiKey, others: readonly ApiKey[]): string | null {
  const owner = entry.owner.toLowerCase();
  if (others.some((other) => other.owner.toLowerCase() === owner)) {
    return 'a name that is different from those of other entries';
  }
  return others.some((other) => other.digest.equals(entry.digest))
    ? 'a key that is different from those of other entries'
    : null;
}
