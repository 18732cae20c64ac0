import type { Dialect } from '../database/dialect.js';
import type { SqlValue } from '../database/sql-database.js';
import { PAGE_OF_RUN, pageOfRuns } from './window-sql.js';

/** Messages whose numbers follow each other along a branch. */
export interface Run {
  low: number;
  high: number;
  length: number;
}

/** As `runsOfSql` gives it; a branch of one run needs no length, a window without messages has none. */
export interface RunRow {
  low: number | null;
  high: number | null;
  length: string | number | null;
}

export function rangesOf(rows: readonly RunRow[]): Run[] {
  return rows.flatMap(({ low, high, length }) =>
    low === null || high === null
      ? []
      : [{ low, high, length: length === null ? Infinity : Number(length) }],
  );
}

/** Statements for the pages of a branch: a part of a long run, or as many short ones as fit. */
export class RunPages {
  private readonly several: string;

  constructor(dialect: Dialect) {
    this.several = pageOfRuns(dialect);
  }

  /** For about `limit` messages from a number on; owner and conversation are the first parameters. */
  statement(
    runs: readonly Run[],
    from: number,
    limit: number,
  ): { sql: string; parameters: SqlValue[] } {
    const left = runs.slice(runs.findIndex(({ high }) => high >= from));
    const [next] = left;
    if (!next || next.low < from || next.length > limit) {
      const low = Math.max(from, next?.low ?? from);
      return { sql: PAGE_OF_RUN, parameters: [low, next?.high ?? from, limit] };
    }
    const ranges = wholeRuns(left, limit).map(({ low, high }) => [low, high]);
    return { sql: this.several, parameters: [JSON.stringify(ranges)] };
  }
}

/** The first ones that have no more than `limit` messages together. */
function wholeRuns(runs: readonly Run[], limit: number): Run[] {
  const whole: Run[] = [];
  let room = limit;
  for (const run of runs) {
    room -= run.length;
    if (room < 0) break;
    whole.push(run);
  }
  return whole;
}
