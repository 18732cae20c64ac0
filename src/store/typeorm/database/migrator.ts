import { MigrationExecutor, type QueryRunner } from 'typeorm';

/** TypeORM's own name for the table of the steps that ran. */
const MIGRATIONS_TABLE = 'migrations';

/** One step of the schema, and whether this database has it. */
export interface MigrationState {
  name: string;
  applied: boolean;
}

/**
 * The schema's steps on one connection, whose transaction the caller holds: TypeORM would begin a
 * plain one, and take no lock against others that start at the same time.
 */
function executor(runner: QueryRunner): MigrationExecutor {
  const migrations = new MigrationExecutor(runner.dataSource, runner);
  migrations.transaction = 'none';
  return migrations;
}

/** Runs the steps that are missing; their names. */
export async function migrate(runner: QueryRunner): Promise<string[]> {
  const done = await executor(runner).executePendingMigrations();
  return done.map(({ name }) => name);
}

/** Takes back the last step; its name, or null when there is none. */
export async function revert(runner: QueryRunner): Promise<string | null> {
  const [last] = (await migrationStates(runner)).filter(({ applied }) => applied).reverse();
  if (!last) return null;
  await executor(runner).undoLastMigration();
  return last.name;
}

/** All steps in order. Nothing is written: TypeORM would make the table in which it keeps them. */
export async function migrationStates(runner: QueryRunner): Promise<MigrationState[]> {
  const steps = runner.dataSource.migrations;
  const noted = await runner.hasTable(MIGRATIONS_TABLE);
  const missing = noted ? await executor(runner).getPendingMigrations() : null;
  const pending = missing && new Set(missing.map(({ name }) => name));
  const names = steps.map((step) => step.name ?? step.constructor.name);
  return names.map((name) => ({ name, applied: pending !== null && !pending.has(name) }));
}
