import type { SqlValue } from './sql-database.js';

interface Positional {
  sql: string;
  /** Index of the numbered parameter that each question mark stands for. */
  order: number[];
}

const known = new Map<string, Positional>();

/** Turns `$1`, `$2`, … into the question marks of SQLite's driver. Statements are few and fixed. */
export function positional(
  sql: string,
  parameters: readonly SqlValue[],
): { sql: string; parameters: SqlValue[] } {
  const translated = known.get(sql) ?? translate(sql);
  known.set(sql, translated);
  return {
    sql: translated.sql,
    parameters: translated.order.map((index) => parameters[index] ?? null),
  };
}

function translate(sql: string): Positional {
  const order: number[] = [];
  const text = sql.replace(/\$(\d+)/g, (_match, number: string) => {
    order.push(Number(number) - 1);
    return '?';
  });
  return { sql: text, order };
}
