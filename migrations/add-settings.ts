import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an owner sets of a conversation, and lists that are filtered by it. In the indexes of the
 * list archived conversations are apart from others, and pinned ones are found without the table's rows.
 */
export class AddSettings1796083200001 implements MigrationInterface {
  readonly name = 'AddSettings1796083200001';

  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.dataSource.options.type === 'postgres';
    const [no, id] = isPostgres ? ['false', 'id COLLATE "C"'] : ['0', 'id'];
    for (const column of columns(no))
      await runner.query(`ALTER TABLE conversations ADD COLUMN ${column}`);
    await runner.query('DROP INDEX ix_conversations_recent');
    await runner.query(`
      CREATE INDEX ix_conversations_recent
        ON conversations (owner_id, archived, updated_at DESC, ${id}, pinned)
    `);
    await runner.query(`
      CREATE INDEX ix_conversations_created
        ON conversations (owner_id, archived, created_at DESC, ${id}, pinned)
    `);
    // TypeORM reads a key's name from this text, quoted and on one line.
    await runner.query(`
      CREATE TABLE conversation_tags (
        conversation_id varchar(100) NOT NULL,
        owner_id varchar NOT NULL,
        tag varchar NOT NULL,
        archived boolean NOT NULL,
        pinned boolean NOT NULL,
        CONSTRAINT pk_conversation_tags PRIMARY KEY (conversation_id, owner_id, tag),
        CONSTRAINT "fk_conversation_tags_conversation" FOREIGN KEY ("conversation_id", "owner_id") REFERENCES "conversations"
          ("id", "owner_id") ON DELETE CASCADE
      )${isPostgres ? '' : ' WITHOUT ROWID'}
    `);
    await runner.query(`
      CREATE INDEX ix_conversation_tags_tag
        ON conversation_tags (owner_id, tag, conversation_id, archived, pinned)
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.dataSource.options.type === 'postgres';
    await runner.query('DROP TABLE conversation_tags');
    await runner.query('DROP INDEX ix_conversations_created');
    await runner.query('DROP INDEX ix_conversations_recent');
    await runner.query(`
      CREATE INDEX ix_conversations_recent
        ON conversations (owner_id, updated_at DESC, ${isPostgres ? 'id COLLATE "C"' : 'id'})
    `);
    for (const column of columns('').toReversed())
      await runner.query(`ALTER TABLE conversations DROP COLUMN ${column.split(' ', 1)[0]}`);
  }
}

const columns = (no: string) => [
  `title_by varchar(16) NOT NULL DEFAULT 'message'`,
  'model varchar',
  'parameters text',
  'tags text',
  `pinned boolean NOT NULL DEFAULT ${no}`,
  `archived boolean NOT NULL DEFAULT ${no}`,
  'forked_id varchar(100)',
  'forked_message_id varchar(36)',
];
