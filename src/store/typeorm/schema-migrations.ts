import { existsSync } from 'node:fs';
import { MIGRATIONS as SQLITE_STEPS } from '../../../migrations/sqlite/index.js';
import type { AppLogger } from '../../observability/app-logger.js';
import { createDatabase, type SqlTarget } from './database/create-database.js';
import { migrate, migrationStates, revert, type MigrationState } from './database/migrator.js';
import type { SqlDatabase } from './database/sql-database.js';

/**
 * The schema of a database, step by step, for an operator who runs it by hand; the service runs
 * what is missing at its start. Fails like `Store.open`.
 */
export class SchemaMigrations {
  private readonly database: SqlDatabase;

  constructor(
    private readonly target: SqlTarget,
    logger: AppLogger,
  ) {
    this.database = createDatabase(target, logger);
  }

  /** Runs the steps that are missing; their names. */
  run(): Promise<string[]> {
    return this.database.migrating(migrate);
  }

  /** Takes back the last step, with its data; its name, or null when there is none. */
  async revert(): Promise<string | null> {
    return this.isMissing() ? null : this.database.migrating(revert);
  }

  /** All steps in order, and whether the database has them. Changes nothing, and makes no file. */
  async status(): Promise<MigrationState[]> {
    if (this.isMissing())
      return SQLITE_STEPS.map((Step) => ({ name: new Step().name, applied: false }));
    return this.database.migrating(migrationStates);
  }

  /** SQLite would make the file that it is asked about. */
  private isMissing(): boolean {
    return this.target.kind === 'sqlite' && !existsSync(this.target.file);
  }
}
