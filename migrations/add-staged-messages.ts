import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages of a staged turn that is more than a system prompt and a question of text: results of
 * tools, images. The same in both dialects.
 */
export class AddStagedMessages1795737600000 implements MigrationInterface {
  readonly name = 'AddStagedMessages1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations ADD COLUMN staged_messages text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE generations DROP COLUMN staged_messages');
  }
}
