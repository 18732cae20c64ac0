import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Requests of each client in its current minute, for the rate limit of all nodes. Unlogged:
 * counting waits for no disk, and after a crash of the server every client has its full budget
 * again.
 */
export class CreateRequestCounts1795305600002 implements MigrationInterface {
  readonly name = 'CreateRequestCounts1795305600002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE UNLOGGED TABLE request_counts (
        client varchar NOT NULL,
        count integer NOT NULL,
        ends_at timestamptz NOT NULL,
        CONSTRAINT pk_request_counts PRIMARY KEY (client)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE request_counts');
  }
}
