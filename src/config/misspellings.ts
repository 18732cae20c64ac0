import { VARIABLE_NAMES } from './schema/index.js';

/**
 * The variable that a misspelt name probably means: the same first word, and an edit distance of at
 * most two in the rest (one if the rest is short, so that another program's `API_ROOT` does not
 * match `API_HOST`). Null for correct names and for names that match no variable.
 */
export function closestName(name: string): string | null {
  const upper = name.toUpperCase();
  if (VARIABLE_NAMES.has(name)) return null;
  const near = [...VARIABLE_NAMES]
    .filter((known) => firstWord(known) === firstWord(upper))
    .map((known) => ({ known, slips: editDistance(upper, known) }))
    .filter(({ known, slips }) => slips <= (known.length - firstWord(known).length > 6 ? 2 : 1))
    .sort((a, b) => a.slips - b.slips);
  return near[0]?.known ?? null;
}

/** One warning for each name in the environment or `.env` that is probably a misspelt variable. */
export function misspellingWarnings(names: Iterable<string>): string[] {
  const warnings: string[] = [];
  for (const name of new Set(names)) {
    const meant = closestName(name);
    if (meant) warnings.push(`${name} is not a variable of this service; did you mean ${meant}?`);
  }
  return warnings;
}

const firstWord = (name: string): string => name.split('_', 1)[0] ?? '';

/** Levenshtein distance; a swap of two neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const steps = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      ];
      if (swapped) steps.push(at(before, column - 2) + 1);
      current.push(Math.min(...steps));
    }
    before = last;
    last = current;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Infinity;
