import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What answers took, by key, model and day, and what a running one may take. The same in both dialects but for
 * the form of the table.
 */
export abstract class AddUsage implements MigrationInterface {
  abstract readonly name: string;

  /** What follows the columns of the table. */
  protected abstract readonly form: string;

  async up(runner: QueryRunner): Promise<void> {
    for (const [column, type] of COLUMNS)
      await runner.query(`ALTER TABLE generations ADD COLUMN ${column} ${type}`);
    await runner.query(`
      CREATE TABLE token_usage (
        owner_id varchar NOT NULL,
        key_name varchar NOT NULL,
        day varchar(10) NOT NULL,
        model varchar NOT NULL,
        shard varchar(1) NOT NULL,
        generations bigint NOT NULL,
        completed bigint NOT NULL,
        cancelled bigint NOT NULL,
        failed bigint NOT NULL,
        prompt_tokens bigint NOT NULL,
        completion_tokens bigint NOT NULL,
        estimated_tokens bigint NOT NULL,
        CONSTRAINT pk_token_usage PRIMARY KEY (owner_id, key_name, day, model, shard)
      ) ${this.form}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE token_usage');
    for (const [column] of [...COLUMNS].reverse())
      await runner.query(`ALTER TABLE generations DROP COLUMN ${column}`);
  }
}

const COLUMNS = [
  ['usage_key', 'varchar'],
  ['prompt_estimate', 'bigint'],
  ['max_tokens', 'bigint'],
] as const;
