import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Generations whose record stays as long as their answer, and what the wire that has them notes of conversations.
 * The sweep comes every minute: in its index those that stay lie apart, so that it does not meet them.
 */
export class AddKeptGenerations1796515200000 implements MigrationInterface {
  readonly name = 'AddKeptGenerations1796515200000';

  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.dataSource.options.type === 'postgres';
    const [no, id] = isPostgres ? ['false', 'id COLLATE "C"'] : ['0', 'id'];
    for (const [table, column] of columns(no))
      await runner.query(`ALTER TABLE ${table} ADD COLUMN ${column}`);
    if (!isPostgres) await runner.query('DROP INDEX ix_generations_swept');
    await runner.query(`
      CREATE INDEX ix_generations_swept ON generations (kept, finished_at)
        WHERE swept AND finished_at IS NOT NULL
    `);
    // A turn in any other conversation writes nothing into it.
    await runner.query(`
      CREATE INDEX ix_conversations_disposable ON conversations (owner_id, updated_at DESC, ${id})
        WHERE disposable AND NOT pinned
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_conversations_disposable');
    await runner.query('DROP INDEX ix_generations_swept');
    for (const [table, column] of columns('').toReversed())
      await runner.query(`ALTER TABLE ${table} DROP COLUMN ${column.split(' ', 1)[0]}`);
    if (runner.dataSource.options.type !== 'postgres')
      await runner.query(`
        CREATE INDEX ix_generations_swept ON generations (finished_at)
          WHERE swept AND finished_at IS NOT NULL
      `);
  }
}

const columns = (no: string) =>
  [
    ['generations', `kept boolean NOT NULL DEFAULT ${no}`],
    ['conversations', `disposable boolean NOT NULL DEFAULT ${no}`],
    ['conversations', 'metadata text'],
  ] as const;
