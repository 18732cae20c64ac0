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

  /**
   * What follows a column: whether it is one of the strings in a JSON array. PostgreSQL knows the array before
   * it looks for the rows, so that it finds each by an index; where it joins them, it reads the whole table as
   * long as that is small, and then with the plan of that time.
   */
  isAmong(array: string): string;

  /** A column compared and ordered by its bytes. */
  byBytes(column: string): string;

  /** Locks the rows of table `alias` until the transaction ends. */
  lockRows(alias: string, how: 'share' | 'update'): string;

  /**
   * Statement that takes an exclusive lock for `$1` until the transaction ends; null if all writers
   * wait for each other anyway.
   */
  readonly transactionLock: string | null;

  /**
   * Pause between two heartbeats of a worker in milliseconds. Each changes a row: a database in a file
   * would be written and flushed for ever while nobody asks anything.
   */
  readonly heartbeatMs: number;

  /**
   * Expression that marks the session as one of worker `$1`, until the session ends; it is null where
   * a session does not end with its process.
   */
  readonly markSession: string;

  /** Whether a session with the mark of a row of `workers` is there. */
  readonly isSessionOpen: string;

  /**
   * Which of the rows of one usage a generation of a worker is added to, as one character: workers must not
   * wait for each other's commit. Those of one worker are committed together.
   */
  usageShard(worker: string): string;

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
  isAmong: (array) => `IN (SELECT value FROM json_each(${array}))`,
  byBytes: (column) => column,
  lockRows: () => '',
  transactionLock: null,
  heartbeatMs: 3_000,
  markSession: 'NULL',
  isSessionOpen: 'FALSE',
  usageShard: () => `''`,
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

/** The first of them are those of earlier releases. */
const SHARDS = '0123456789abcdefghijklmnopqrstuv';

/** First key of the locks that mark the sessions of workers. */
const SESSION_CLASS = LOCK_CLASS + 1;

/** Locks of sessions in this database. Everyone may see them, whoever holds them. */
const SESSION_LOCKS = `pg_locks
  WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid = ${SESSION_CLASS}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** The second key of a worker's lock, as `pg_locks` shows it. */
const sessionKey = (worker: string): string =>
  `CAST(CAST(hashtext(${worker}) AS bigint) & 4294967295 AS oid)`;

export const POSTGRES: Dialect = {
  name: 'postgres',
  jsonElements: (array, alias) =>
    `json_array_elements(CAST(${array} AS json)) WITH ORDINALITY AS ${alias}(value, key)`,
  jsonPlace: (alias) => `(${alias}.key - 1)`,
  jsonLength: (array) => `json_array_length(CAST(${array} AS json))`,
  jsonObject: (alias, columns) => `CAST(json_build_object(${pairs(alias, columns)}) AS text)`,
  jsonText: (value) => `(${value} #>> '{}')`,
  isAmong: (array) => `= ANY(ARRAY(SELECT json_array_elements_text(CAST(${array} AS json))))`,
  byBytes: (column) => `${column} COLLATE "C"`,
  lockRows: (alias, how) => `FOR ${how.toUpperCase()} OF ${alias}`,
  transactionLock: `SELECT pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1))`,
  heartbeatMs: 1_000,
  // Another session of the same worker may have the lock, which then is its mark.
  markSession: `CASE WHEN EXISTS (SELECT 1 FROM ${SESSION_LOCKS} AND pid = pg_backend_pid()
      AND objid = ${sessionKey('$1')})
    THEN TRUE ELSE pg_try_advisory_lock(${SESSION_CLASS}, hashtext($1)) END`,
  isSessionOpen: `${sessionKey('workers.id')} IN (SELECT objid FROM ${SESSION_LOCKS})`,
  usageShard: (worker) => `substr('${SHARDS}', 1 + (hashtext(${worker}) & 31), 1)`,
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
