import { join } from 'node:path';

import { parse } from 'dotenv';

import { VARIABLE_NAMES } from './schema/index.js';
import { readTextFile } from './text-file.js';

/** The variables of a folder's `.env`; none where there is no such file. */
export function readDotenv(cwd: string, problems: string[]): Record<string, string> {
  const file = readTextFile(join(cwd, '.env'));
  if ('text' in file) return withNumberSigns(parse(file.text), file.text);
  if (!file.missing) problems.push(`.env: expected ${file.expected}`);
  return {};
}

/**
 * The same with every `#` that belongs to a value. The parser begins a comment at each `#` outside
 * of quotes, so that half a key or password would be left; shells, compose and we begin one only
 * behind white space.
 */
function withNumberSigns(
  parsed: Readonly<Record<string, string>>,
  text: string,
): Record<string, string> {
  const values = { ...parsed };
  for (const [, name = '', written = ''] of text.matchAll(ASSIGNMENT)) {
    const whole = written.replace(/\s#.*$/, '').trim();
    const cut = whole.split('#', 1)[0]?.trim();
    if (VARIABLE_NAMES.has(name) && values[name] === cut) values[name] = whole;
  }
  return values;
}

/** A line that assigns a value without quotes. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Z_]+)[ \t]*=((?![ \t]*["'`]).*)$/gm;
