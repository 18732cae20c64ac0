import { join } from 'node:path';

import { parse } from 'dotenv';

import { VARIABLE_NAMES } from './schema/index.js';
import { readTextFile } from './text-file.js';

/** The variables of a folder's `.env`; empty if the file does not exist. */
export function readDotenv(cwd: string, problems: string[]): Record<string, string> {
  const file = readTextFile(join(cwd, '.env'));
  if ('text' in file) return withNumberSigns(parse(file.text), file.text);
  if (!file.missing) problems.push(`.env: expected ${file.expected}`);
  return {};
}

/**
 * Quotes values that contain a `#`. The parser begins a comment at each `#` outside of quotes,
 * which would truncate keys and passwords; shells and compose begin one only after white space, and
 * so does this service.
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

/** An assignment of a value without quotes. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Z_]+)[ \t]*=((?![ \t]*["'`]).*)$/gm;
