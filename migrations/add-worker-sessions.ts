import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whether a worker marks its sessions in the database, so that others see when they end. An earlier
 * release does not. The same in both dialects.
 */
export class AddWorkerSessions1796256000005 implements MigrationInterface {
  readonly name = 'AddWorkerSessions1796256000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE workers ADD COLUMN marks_sessions boolean');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE workers DROP COLUMN marks_sessions');
  }
}
