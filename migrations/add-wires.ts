import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Generations without a conversation, what a wire needs to write an answer again, and ids that clients
 * give to conversations and messages. TypeORM reads a key's name from the text of SQLite's tables.
 */
export class AddWires1796342400000 implements MigrationInterface {
  readonly name = 'AddWires1796342400000';

  async up(runner: QueryRunner): Promise<void> {
    const no = runner.dataSource.options.type === 'postgres' ? 'false' : '0';
    for (const [table, column] of columns(no))
      await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column}`);
    await runner.query(`
      CREATE INDEX ix_messages_client ON messages (conversation_id, owner_id, client_id)
        WHERE client_id IS NOT NULL
    `);
    await runner.query(`
      CREATE TABLE deleted_chats (
        owner_id varchar NOT NULL,
        conversation_id varchar(100) NOT NULL,
        deleted_at bigint NOT NULL,
        CONSTRAINT pk_deleted_chats PRIMARY KEY (owner_id, conversation_id)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE deleted_chats');
    await runner.query('DROP INDEX ix_messages_client');
    for (const [table, column] of columns('').toReversed())
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column.split(' ', 1)[0]}`);
  }
}

const columns = (no: string) =>
  [
    ['generations', `stateless boolean NOT NULL DEFAULT ${no}`],
    ['generations', 'echo text'],
    ['generations', 'new_chat_id varchar(100)'],
    ['conversations', 'chat_id varchar(100)'],
    ['messages', 'client_id varchar(100)'],
  ] as const;
