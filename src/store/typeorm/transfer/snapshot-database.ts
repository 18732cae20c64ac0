import { AppError } from '../../../common/errors/app-error.js';
import { databaseUnavailable, faultOf } from '../database/driver-errors.js';
import { SqlDatabase, type SqlSession, type SqlWork } from '../database/sql-database.js';

/** A database as it is at one moment: what reads a store reads that. */
export class SnapshotDatabase extends SqlDatabase {
  readonly dialect;

  constructor(
    database: SqlDatabase,
    private readonly session: SqlSession,
  ) {
    super();
    this.dialect = database.dialect;
  }

  async read<T>(work: SqlWork<T>): Promise<T> {
    try {
      return await work(this.session);
    } catch (error) {
      throw error instanceof AppError ? error : databaseUnavailable(faultOf(error));
    }
  }

  lookUp<T>(work: SqlWork<T>): Promise<T> {
    return this.read(work);
  }

  snapshot<T>(work: SqlWork<T>): Promise<T> {
    return this.read(work);
  }

  coordinate<T>(work: SqlWork<T>, changes: boolean): Promise<T> {
    return changes ? readOnly() : this.read(work);
  }

  async open(): Promise<void> {
    // It lasts as long as its transaction.
  }

  async close(): Promise<void> {
    // The same.
  }

  async assertUnopened(): Promise<void> {
    // It is open.
  }

  write = readOnly;
  transaction = readOnly;
  longTransaction = readOnly;
  overwriteRemoved = readOnly;
  chained = readOnly;
  migrating = readOnly;
  assertWritable = readOnly;
}

function readOnly(): Promise<never> {
  return Promise.reject(new Error('A snapshot is only read'));
}
