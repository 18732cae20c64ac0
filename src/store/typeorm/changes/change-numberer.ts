import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { CHANGE_FIELDS } from './change-rows.js';

/** Changes that get their numbers in one transaction. */
const CHUNK = 1000;

/** Numbers the first changes that have none, in the order in which they were written. */
const NUMBER_SOME = `
  WITH written AS (
    DELETE FROM unnumbered_changes
    WHERE place IN (SELECT place FROM unnumbered_changes ORDER BY place LIMIT ${CHUNK})
    RETURNING *)
  INSERT INTO changes (number, ${CHANGE_FIELDS})
  SELECT (SELECT number FROM changes ORDER BY number DESC LIMIT 1) + row_number() OVER (ORDER BY place),
    ${CHANGE_FIELDS}
  FROM written
  RETURNING number`;

/**
 * Gives numbers to committed changes, on PostgreSQL; SQLite, where one writes after the other, has them from
 * the beginning. One process at a time does it: what is committed later comes after all that has a number.
 */
export class ChangeNumberer {
  /** Whether there are changes without a number, as an expression. */
  readonly pending: string;

  constructor(private readonly database: SqlDatabase) {
    this.pending =
      database.dialect.transactionLock === null
        ? 'FALSE'
        : '(SELECT place FROM unnumbered_changes ORDER BY place LIMIT 1) IS NOT NULL';
  }

  /** All that is committed when it is called has a number when it returns. */
  async number(): Promise<void> {
    const { transactionLock: lock } = this.database.dialect;
    if (lock === null) return;
    const numberSome = async (session: SqlSession) => {
      await session.query(lock, ['changes']);
      return (await session.query(NUMBER_SOME)).length;
    };
    while ((await this.database.transaction(numberSome)) === CHUNK);
  }
}
