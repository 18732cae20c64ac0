import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** What only a shell replaces, but for the beginning that {@link absolutePath} knows. */
const HOME = /^(?:~|\$HOME|\$\{HOME\})(?=\/|\\|$)/;
const SHELL = /^~|\$[A-Za-z_{(]|%[A-Za-z_]\w*%/;
const QUOTE = /^["'`“”‘’„«»]|["'`“”‘’«»]$/;

/**
 * Why a path would become a file or a folder that was not meant, as a phrase; null where it may be
 * meant.
 */
export function pathMistake(text: string): string | null {
  if (text.includes('\0')) return 'without NUL';
  if (QUOTE.test(text)) return 'without a quotation mark at its beginning or end';
  if (/(^|\s)#/.test(text)) return 'without a comment behind it';
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) return 'and not a URL';
  if (SHELL.test(text.replace(HOME, '')))
    return 'written out: of what a shell replaces only ~/ and $HOME/ at its beginning are known';
  if (process.platform !== 'win32' && /\\|^[A-Za-z]:$/.test(text))
    return 'with / between its parts';
  return null;
}

/** A path as it was written, seen from a folder; `~` and `$HOME` are this user's own folder. */
export function absolutePath(cwd: string, path: string): string {
  return resolve(
    cwd,
    path.replace(HOME, () => homedir()),
  );
}
