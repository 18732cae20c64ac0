/** Places that follow each other, each the parent of the next: the first one and the last one. */
export type Run = readonly [first: number, last: number];

/**
 * The messages from the top of a tree down to one, as runs of their places. Of a long branch only the
 * newest runs may be known: then they have fewer places than its depth says.
 */
export interface Branch {
  readonly runs: readonly Run[];
  /** How many messages it has. */
  readonly depth: number;
  /** Its last run does not say where it came from: a release without branches went on behind a gap. */
  readonly isLoose?: true;
}

export const EMPTY: Branch = { runs: [], depth: 0 };

/** Runs that are stored with the first message of a run, and with a conversation. */
const STORED_RUNS = 64;

export function packRuns(runs: readonly Run[]): number[] {
  return runs.slice(-STORED_RUNS).flat();
}

export function unpackRuns(packed: readonly number[]): Run[] {
  return packed.flatMap((first, index): Run[] =>
    index % 2 === 0 ? [[first, packed[index + 1] ?? first]] : [],
  );
}

/** The place of its last message; 0: it has none. */
export function endOf({ runs }: Branch): number {
  return runs.at(-1)?.[1] ?? 0;
}

export function placesIn(runs: readonly Run[]): number {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function eachPlace(runs: readonly Run[]): number[] {
  return runs.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

/** The branch up to and with a place; null where the runs that are known do not go through it. */
export function cutAt({ runs, depth, isLoose }: Branch, place: number): Branch | null {
  const index = runs.findIndex(([first, last]) => first <= place && place <= last);
  const run = runs[index];
  if (!run) return null;
  const after = run[1] - place + placesIn(runs.slice(index + 1));
  const cut: Branch = { runs: [...runs.slice(0, index), [run[0], place]], depth: depth - after };
  return isLoose && index === runs.length - 1 ? { ...cut, isLoose } : cut;
}

/** The branch without its last message; of its runs at least two places are known, or it has but one. */
export function withoutLast({ runs, depth }: Branch): Branch {
  const last = runs.at(-1);
  if (!last) return EMPTY;
  const before = runs.slice(0, -1);
  const rest: Run[] = last[0] < last[1] ? [[last[0], last[1] - 1]] : [];
  return { runs: [...before, ...rest], depth: depth - 1 };
}

/** The runs of its newest messages, at most as many as are known. */
export function newest({ runs }: Branch, count: number): Run[] {
  const found: Run[] = [];
  let left = count;
  for (let index = runs.length - 1; index >= 0 && left > 0; index -= 1) {
    const run = runs[index];
    if (!run) break;
    const [first, last] = run;
    const from = Math.max(first, last - left + 1);
    found.push([from, last]);
    left -= last - from + 1;
  }
  return found.reverse();
}

/** The runs of `count` places from a position on, counted from 0. */
export function slice(runs: readonly Run[], position: number, count: number): Run[] {
  const found: Run[] = [];
  let skip = position;
  let left = count;
  for (const [first, last] of runs) {
    const from = first + skip;
    skip = Math.max(0, skip - (last - first + 1));
    if (from > last || left <= 0) continue;
    const to = Math.min(last, from + left - 1);
    found.push([from, to]);
    left -= to - from + 1;
  }
  return found;
}

/** How many places of the runs stand before a place that is in one of them. */
export function positionOf(runs: readonly Run[], place: number): number {
  const index = runs.findIndex(([first, last]) => first <= place && place <= last);
  return placesIn(runs.slice(0, index)) + place - (runs[index]?.[0] ?? place);
}

/** A branch with the places behind it up to `last`: in the same run, or in one that begins at `first`. */
export function grown(branch: Branch, first: number, last: number, isSameRun: boolean): Branch {
  const depth = branch.depth + last - first + 1;
  const end = branch.runs.at(-1);
  if (!isSameRun || !end) return { runs: [...branch.runs, [first, last]], depth };
  return { runs: [...branch.runs.slice(0, -1), [end[0], last]], depth };
}
