import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Conversations and their messages. */
export class CreateHistory1795305600000 implements MigrationInterface {
  readonly name = 'CreateHistory1795305600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE conversations (
        owner_id varchar NOT NULL,
        id varchar(100) NOT NULL,
        title text NOT NULL,
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        message_count integer NOT NULL,
        CONSTRAINT pk_conversations PRIMARY KEY (id, owner_id)
      )
    `);
    // Ids are compared by their bytes, whatever the database's language is.
    await runner.query(`
      CREATE INDEX ix_conversations_recent
        ON conversations (owner_id, updated_at DESC, id COLLATE "C")
    `);
    await runner.query(`
      CREATE TABLE messages (
        id varchar(36) NOT NULL,
        owner_id varchar NOT NULL,
        conversation_id varchar(100) NOT NULL,
        seq integer NOT NULL,
        role varchar(16) NOT NULL,
        content text NOT NULL,
        created_at bigint NOT NULL,
        status varchar(16) NOT NULL,
        model varchar,
        finish_reason varchar(16),
        prompt_tokens integer,
        completion_tokens integer,
        generation_id varchar(100),
        CONSTRAINT pk_messages PRIMARY KEY (id),
        CONSTRAINT fk_messages_conversation FOREIGN KEY (conversation_id, owner_id)
          REFERENCES conversations (id, owner_id) ON DELETE CASCADE
      )
    `);
    await runner.query(`
      CREATE UNIQUE INDEX ux_messages_order ON messages (conversation_id, owner_id, seq)
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE messages');
    await runner.query('DROP TABLE conversations');
  }
}
