import { homedir } from 'node:os';
import { resolve } from 'node:path';

/**
 * Shell syntax that is not expanded here, except the prefixes that {@link absolutePath} expands.
 */
const HOME = /^(?:~|\$HOME|\$\{HOME\})(?=\/|\\|$)/;
const SHELL = /^~|\$[A-Za-z_{(]|%[A-Za-z_]\w*%/;
const QUOTE = /^["'`“”‘’„«»]|["'`“”‘’«»]$/;

/** Why a path is probably a mistake, as a phrase; null if it is valid. */
export function pathMistake(text: string): string | null {
  if (text.includes('\0')) return 'without NUL';
  if (QUOTE.test(text)) return 'without a quotation mark at its beginning or end';
  if (/(^|\s)#/.test(text)) return 'without a comment after it';
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return 'and not a URL';
  if (SHELL.test(text.replace(HOME, '')))
    return 'without shell syntax: only ~/ and $HOME/ at its beginning are expanded';
  if (process.platform !== 'win32' && /\\|^[A-Za-z]:$/.test(text))
    return 'with / between its parts';
  return null;
}

/** A path relative to a folder as an absolute path; `~` and `$HOME` are the user's home folder. */
export function absolutePath(cwd: string, path: string): string {
  return resolve(
    cwd,
    path.replace(HOME, () => homedir()),
  );
}
