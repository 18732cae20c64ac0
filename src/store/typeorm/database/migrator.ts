import { MigrationExecutor, type QueryRunner } from 'typeorm';

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

/** All steps in order. */
export async function migrationStates(runner: QueryRunner): Promise<MigrationState[]> {
  const missing = await executor(runner).getPendingMigrations();
  const pending = new Set(missing.map(({ name }) => name));
  const names = runner.dataSource.migrations.map((step) => step.name ?? step.constructor.name);
  return names.map((name) => ({ name, applied: !pending.has(name) }));
}
