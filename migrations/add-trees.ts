import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The place of a message in the tree of its conversation, and the branch that is active. A message without
 * a parent follows the one before it, so that nothing has to be filled in, and neither index grows where
 * nobody branches. The same in both dialects.
 */
export class AddTrees1796083200000 implements MigrationInterface {
  readonly name = 'AddTrees1796083200000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, column] of COLUMNS)
      await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column}`);
    // Its condition is one that a search for the children of a message does not fulfil: PostgreSQL would
    // go along all branches for them.
    await runner.query(`
      CREATE INDEX ix_messages_branches ON messages (conversation_id, owner_id, seq)
        WHERE parent_id <> ''
    `);
    await runner.query(`
      CREATE INDEX ix_messages_children ON messages (conversation_id, owner_id, parent_id, seq)
        WHERE parent_id IS NOT NULL
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_messages_children');
    await runner.query('DROP INDEX ix_messages_branches');
    for (const [table, column] of COLUMNS.toReversed())
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column.split(' ', 1)[0]}`);
  }
}

const COLUMNS = [
  ['messages', 'parent_id varchar(100)'],
  ['messages', 'depth integer'],
  ['conversations', 'active_id varchar(36)'],
  ['conversations', 'message_total integer'],
  ['conversations', 'system_count integer'],
  ['conversations', 'revision integer NOT NULL DEFAULT 1'],
  ['generations', 'answer_parent_id varchar(100)'],
  ['generations', 'turn_parent_id varchar(100)'],
  ['generations', 'first_title text'],
] as const;
