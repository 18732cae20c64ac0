/** Where the SQL of the two databases differs. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';

  /** FROM item `alias` over a JSON array in an expression; columns `value` and `key`. No rows of null. */
  jsonElements(array: string, alias: string): string;

  /** Place of an element that `jsonElements` gave in its array, from 0. */
  jsonPlace(alias: string): string;

  /** Length of a JSON array. */
  jsonLength(array: string): string;

  /** Columns of table `alias` as the text of a JSON object. */
  jsonObject(alias: string, columns: readonly string[]): string;

  /** Text of a JSON string that `jsonElements` gave. */
  jsonText(value: string): string;

  /** A column compared and ordered by its bytes. */
  byBytes(column: string): string;

  /** Locks the rows of table `alias` until the transaction ends. */
  lockRows(alias: string, how: 'share' | 'update'): string;

  /**
   * Statement that takes an exclusive lock for `$1` until the transaction ends; null if all writers
   * wait for each other anyway.
   */
  readonly transactionLock: string | null;

  /** The table into which changes are written, for the feed. */
  readonly writtenChanges: string;

  /**
   * What follows JOIN for the rows of a table that a condition on the row before selects: found for each of
   * those rows by itself, however few rows the server believes that the table has.
   */
  eachOf(table: string, alias: string, condition: string): string;

  /** FROM item with the row that a chained write's head changed. */
  readonly changedRow: string;

  /**
   * What a chained write's head returns that is joined with another table, of which the steps need some
   * columns.
   */
  returnedBeside(columns: readonly string[]): string;

  /** FROM item with the row that such a head changed, and the columns; how that row finds them. */
  changedRowBeside(columns: readonly string[], table: string, condition: string): string;

  /** FROM item with the rows that steps of a chained write returned of `table`, or all of the table. */
  returnedRows(table: string, steps: readonly string[]): string;
}

export const SQLITE: Dialect = {
  name: 'sqlite',
  jsonElements: (array, alias) => `json_each(${array}) AS ${alias}`,
  jsonPlace: (alias) => `${alias}.key`,
  jsonLength: (array) => `json_array_length(${array})`,
  jsonObject: (alias, columns) => `json_object(${pairs(alias, columns)})`,
  jsonText: (value) => value,
  byBytes: (column) => column,
  lockRows: () => '',
  transactionLock: null,
  writtenChanges: 'changes',
  eachOf: (table, alias, condition) => `${table} ${alias} ON ${condition}`,
  changedRow: '(SELECT * FROM generations WHERE key = $1)',
  returnedBeside: () => '*',
  changedRowBeside: (columns, table, condition) =>
    `(SELECT ${['generations.*', ...columns].join(', ')} FROM generations JOIN ${table} ON ${condition}
      WHERE key = $1)`,
  returnedRows: (table) => table,
};

/**
 * First key of the store's transaction locks, so that they do not conflict with those of other
 * applications.
 */
export const LOCK_CLASS = 0x63686174;

export const POSTGRES: Dialect = {
  name: 'postgres',
  jsonElements: (array, alias) =>
    `json_array_elements(CAST(${array} AS json)) WITH ORDINALITY AS ${alias}(value, key)`,
  jsonPlace: (alias) => `(${alias}.key - 1)`,
  jsonLength: (array) => `json_array_length(CAST(${array} AS json))`,
  jsonObject: (alias, columns) => `CAST(json_build_object(${pairs(alias, columns)}) AS text)`,
  jsonText: (value) => `(${value} #>> '{}')`,
  byBytes: (column) => `${column} COLLATE "C"`,
  lockRows: (alias, how) => `FOR ${how.toUpperCase()} OF ${alias}`,
  transactionLock: `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1))`,
  writtenChanges: 'unnumbered_changes',
  eachOf: (table, alias, condition) =>
    `LATERAL (SELECT * FROM ${table} ${alias} WHERE ${condition} OFFSET 0) ${alias} ON TRUE`,
  changedRow: 'changed',
  returnedBeside: (columns) => ['generations.*', ...columns].join(', '),
  changedRowBeside: () => 'changed',
  returnedRows: (_table, steps) =>
    `(${steps.map((step) => `SELECT * FROM ${step}`).join(' UNION ALL ')})`,
};

function pairs(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `'${column}', ${alias}.${column}`).join(', ');
}
