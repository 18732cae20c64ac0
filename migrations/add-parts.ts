import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an answer has beside its text, and what is said of it. The same in both dialects. */
export class AddParts1795651200000 implements MigrationInterface {
  readonly name = 'AddParts1795651200000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE messages ADD COLUMN parts text');
    await runner.query('ALTER TABLE generations ADD COLUMN parts text');
    await runner.query('ALTER TABLE generations ADD COLUMN report text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN report');
    await runner.query('ALTER TABLE generations DROP COLUMN parts');
    await runner.query('ALTER TABLE messages DROP COLUMN parts');
  }
}
