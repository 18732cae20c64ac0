const LONGEST = 2000;
/**
 * Maximum of characters that are read; longer than the output, so that a secret at the end is
 * always recognised.
 */
const READ = 2 * LONGEST;

/** Passwords are often not encoded: any text between a colon and an @ counts as one. */
const URL_CREDENTIALS =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/@:]*:\S{0,200}|[^\s/@:]*:[^@]{0,200}|[^\s/@]*)@/gi;
const AUTH_SCHEME = /\b(Bearer|Basic)\s+[^\s,;"']+/gi;
/** Format characters too: some turn the direction of what follows, or are not seen at all. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}][\p{Cc}\p{Cf}\s]*/gu;

/** Ids, names, paths and numbers, which are most logged values, contain nothing to redact. */
const PLAIN = /^[\w./:-]{0,200}$/;
/** What each pattern above needs; the messages of the log have none of it. */
const SUSPECT = /[^ -~]|:\/\/|bearer|basic/i;

/**
 * Text that is safe in a log line: without credentials of URLs and headers, on one line, without
 * control sequences of terminals and characters that change the direction of text, and of limited
 * length.
 */
export function scrub(text: string): string {
  if (PLAIN.test(text)) return text;
  if (text.length <= LONGEST && !SUSPECT.test(text)) return text;
  const clean = text
    .slice(0, READ)
    .replace(URL_CREDENTIALS, '$1[redacted]@')
    .replace(AUTH_SCHEME, '$1 [redacted]')
    .replace(CONTROLS, ' ');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
