/** Where the SQL of the two databases differs. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';

  /** FROM item `alias` over a JSON array in an expression; columns `value` and `key`. No rows of null. */
  jsonElements(array: string, alias: string): string;

  /** Length of a JSON array. */
  jsonLength(array: string): string;

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

  /** FROM item with the row that a chained write's head changed. */
  readonly changedRow: string;

  /** FROM item with the rows that steps of a chained write returned of `table`, or all of the table. */
  returnedRows(table: string, steps: readonly string[]): string;
}

export const SQLITE: Dialect = {
  name: 'sqlite',
  jsonElements: (array, alias) => `json_each(${array}) AS ${alias}`,
  jsonLength: (array) => `json_array_length(${array})`,
  jsonText: (value) => value,
  byBytes: (column) => column,
  lockRows: () => '',
  transactionLock: null,
  changedRow: '(SELECT * FROM generations WHERE key = $1)',
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
  jsonLength: (array) => `json_array_length(CAST(${array} AS json))`,
  jsonText: (value) => `(${value} #>> '{}')`,
  byBytes: (column) => `${column} COLLATE "C"`,
  lockRows: (alias, how) => `FOR ${how.toUpperCase()} OF ${alias}`,
  transactionLock: `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1))`,
  changedRow: 'changed',
  returnedRows: (_table, steps) =>
    `(${steps.map((step) => `SELECT * FROM ${step}`).join(' UNION ALL ')})`,
};
