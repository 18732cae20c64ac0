/** Characters that Ollama's grammar takes as they are. */
const PLAIN = String.raw`\w :@#%&=,;<>!~'`;
const REPEATED = String.raw`[*+?]|\{\d{1,4}(?:,\d{0,4})?\}`;
/** Plain characters, lists of them, any character, groups, alternatives and repetitions. */
const PATTERN = new RegExp(
  String.raw`^\^(?:[${PLAIN}|).-]|\((?!\?)|\[\^?[${PLAIN}.+*?()-]+\]|${REPEATED})*\$$`,
);
const REPEATED_GROUP = new RegExp(String.raw`\)(${REPEATED})`, 'g');
/** What may be nothing, so that it must not be repeated. */
const OPTIONAL = /[*?]|\{0|\|[|)]|\(\||\(\)/;

/** Escapes, and the same without a backslash, in a list of characters and outside. */
const ESCAPES = new Map([
  [String.raw`\d`, '0-9'],
  [String.raw`\w`, 'A-Za-z0-9_'],
  [String.raw`\.`, '.'],
]);

/**
 * A pattern in the part of regular expressions that Ollama's grammar surely takes, with the same
 * meaning; null where there is none.
 *
 * @param pattern a valid regular expression
 * @param most repetitions that the grammar takes
 */
export function plainPattern(pattern: string, most: number): string | null {
  const plain = pattern.replace(/\[[^\]]*\]|\\./g, (part) =>
    part.startsWith('[') ? part.replace(/\\./g, withoutEscape) : listOf(part),
  );
  const isTaken = PATTERN.test(plain) && !repeatsNothing(plain) && mostCount(plain) <= most;
  return isTaken ? plain : null;
}

function withoutEscape(escape: string): string {
  return ESCAPES.get(escape) ?? escape;
}

function listOf(escape: string): string {
  const characters = ESCAPES.get(escape);
  return characters === undefined ? escape : `[${characters}]`;
}

/** Whether a group that may be nothing may be repeated; in doubt it is. */
function repeatsNothing(pattern: string): boolean {
  const repetitions = [...pattern.matchAll(REPEATED_GROUP)].map(
    ([, repetition = '']) => repetition,
  );
  if (repetitions.length === 0) return false;
  const once = pattern.replace(/\[[^\]]*\]/g, 'x').replace(REPEATED_GROUP, ')');
  return OPTIONAL.test(once) || (repetitions.length > 1 && repetitions.some(mayBeNothing));
}

function mayBeNothing(repetition: string): boolean {
  return OPTIONAL.test(repetition);
}

function mostCount(pattern: string): number {
  const counts = pattern.match(/\{[\d,]+\}/g)?.flatMap((one) => one.match(/\d+/g) ?? []) ?? [];
  return Math.max(0, ...counts.map(Number));
}
