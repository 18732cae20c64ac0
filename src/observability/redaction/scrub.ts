const LONGEST = 2000;
/** Read at most, so that what is cut off cannot have held the end of something to hide. */
const READ = 2 * LONGEST;

/** Passwords are often not encoded: whatever stands between a colon and an @ is one. */
const URL_CREDENTIALS =
  /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/@:]*:\S{0,200}|[^\s/@:]*:[^@]{0,200}|[^\s/@]*)@/gi;
const AUTH_SCHEME = /\b(Bearer|Basic)\s+[^\s,;"']+/gi;
/** Format characters too: some turn the direction of what follows, or are not seen at all. */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}][\p{Cc}\p{Cf}\s]*/gu;

/** Ids, names, paths and numbers, which are most of what is logged: there is nothing to hide in them. */
const PLAIN = /^[\w./:-]{0,200}$/;

/**
 * Text as it may stand in a line of a log: without credentials of URLs and headers, on one line,
 * without what would command a terminal or show text as what it is not, and not endless.
 */
export function scrub(text: string): string {
  if (PLAIN.test(text)) return text;
  const clean = text
    .slice(0, READ)
    .replace(URL_CREDENTIALS, '$1[redacted]@')
    .replace(AUTH_SCHEME, '$1 [redacted]')
    .replace(CONTROLS, ' ');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
