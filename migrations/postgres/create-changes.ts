import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What happens to conversations, for readers: a row is a write, with one event or several. Rows are written
 * without a number, in the order of `place`, and move to the other table once they are committed: readers
 * would skip what a sequence numbers early and is committed late. The row with the number 0 is no write: its
 * mark is the life of the database.
 */
export class CreateChanges1796083200002 implements MigrationInterface {
  readonly name = 'CreateChanges1796083200002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE changes (
        number bigint NOT NULL,
        ${COLUMNS},
        CONSTRAINT pk_changes PRIMARY KEY (number)
      )
    `);
    await runner.query('CREATE INDEX ix_changes_owner ON changes (owner_id, number)');
    await runner.query(`
      CREATE TABLE unnumbered_changes (
        place bigint GENERATED ALWAYS AS IDENTITY,
        ${COLUMNS},
        CONSTRAINT pk_unnumbered_changes PRIMARY KEY (place)
      )
    `);
    await runner.query(`
      INSERT INTO changes (number, owner_id, conversation_id, revision, time, events)
      VALUES (0, '', '', 0, 0, '')
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE unnumbered_changes');
    await runner.query('DROP TABLE changes');
  }
}

const COLUMNS = `
  mark varchar(8) NOT NULL DEFAULT left(CAST(gen_random_uuid() AS text), 8),
  owner_id varchar NOT NULL,
  conversation_id varchar(100) NOT NULL,
  revision integer NOT NULL,
  time bigint NOT NULL,
  events varchar(100) NOT NULL,
  changed text,
  generation_id varchar(100),
  message_id varchar(36),
  status varchar(16)`;
