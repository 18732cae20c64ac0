import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What happens to conversations, for readers: a row is a write, with one event or several. SQLite commits one
 * write after the other, so that a row can have its number at once. Row 0 is no write: its mark is the life of
 * the database.
 */
export class CreateChanges1796083200002 implements MigrationInterface {
  readonly name = 'CreateChanges1796083200002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE changes (
        number integer PRIMARY KEY NOT NULL,
        mark varchar(8) NOT NULL DEFAULT (lower(hex(randomblob(4)))),
        owner_id varchar NOT NULL,
        conversation_id varchar(100) NOT NULL,
        revision integer NOT NULL,
        time bigint NOT NULL,
        events varchar(100) NOT NULL,
        changed text,
        generation_id varchar(100),
        message_id varchar(36),
        status varchar(16)
      )
    `);
    await runner.query('CREATE INDEX ix_changes_owner ON changes (owner_id)');
    await runner.query(`
      INSERT INTO changes (number, owner_id, conversation_id, revision, time, events)
      VALUES (0, '', '', 0, 0, '')
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE changes');
  }
}
