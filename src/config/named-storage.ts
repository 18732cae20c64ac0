import { unquoted } from './parsers/parser.js';
import { path } from './parsers/scalars.js';
import { databaseUrl } from './parsers/storage-url.js';
import type { StorageTarget } from './settings.js';

/** Connections of a command, which does one thing at a time: for requests and for coordination. */
const POOL = 4;

export type NamedStorage = { readonly target: StorageTarget } | { readonly expected: string };

/**
 * The storage that an argument of a command names: `file:PATH`, a URL as in HISTORY_DB_URL, or
 * `env:NAME`, the variable that has one of these. What is wrong with it is a phrase without the value.
 */
export function storageNamed(
  argument: string,
  { env = process.env, cwd = process.cwd() } = {},
): NamedStorage {
  const [, variable] = /^env:(\w+)$/.exec(argument) ?? [];
  if (variable === undefined) return parsed(argument, cwd);
  const value = unquoted(env[variable]?.trim() ?? '');
  return value === '' ? { expected: `${variable} to be set` } : parsed(value, cwd);
}

function parsed(text: string, cwd: string): NamedStorage {
  const [, folder] = /^file:(.+)$/s.exec(text) ?? [];
  if (folder !== undefined) {
    const read = path('folder').parse(folder, cwd);
    return 'value' in read ? { target: { kind: 'file', folder: read.value } } : read;
  }
  const read = databaseUrl.parse(text, cwd);
  if (!('value' in read)) return { expected: `env:NAME, file:PATH, ${read.expected}` };
  const { value } = read;
  return { target: value.kind === 'sqlite' ? value : { ...value, pool: POOL } };
}
