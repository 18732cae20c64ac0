import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests to stop a generation that nobody reads, which only its worker can decide. */
export class AddUnreadStops1796601600000 implements MigrationInterface {
  readonly name = 'AddUnreadStops1796601600000';

  async up(runner: QueryRunner): Promise<void> {
    const no = runner.dataSource.options.type === 'postgres' ? 'false' : '0';
    await runner.query(
      `ALTER TABLE generations ADD COLUMN unread_stop boolean NOT NULL DEFAULT ${no}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN unread_stop');
  }
}
