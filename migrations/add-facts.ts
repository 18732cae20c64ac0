import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is noted of the store itself: its id, what was copied into it. The same in both dialects. */
export class AddFacts1796169600000 implements MigrationInterface {
  readonly name = 'AddFacts1796169600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE facts (
        name varchar(64) NOT NULL,
        value text NOT NULL,
        CONSTRAINT pk_facts PRIMARY KEY (name)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE facts');
  }
}
