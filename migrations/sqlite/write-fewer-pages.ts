import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A turn changes a page of each index on what it changes. What runs is found by its lock on the
 * conversation; ids and ends are indexed only where no other index has them, and those of ends that
 * were swept only by the sweep. An earlier release beside this one finds the same, without an index.
 */
export class WriteFewerPages1796428800000 implements MigrationInterface {
  readonly name = 'WriteFewerPages1796428800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const name of EARLIER.keys()) await runner.query(`DROP INDEX ${name}`);
    for (const [name, on] of NEW) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of NEW.keys()) await runner.query(`DROP INDEX ${name}`);
    for (const [name, on] of EARLIER) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }
}

const EARLIER = new Map([
  ['ix_generations_public_id', 'generations (public_id, owner_id)'],
  ['ix_generations_running', 'generations (worker_id) WHERE finished_at IS NULL'],
  ['ix_generations_finished', 'generations (finished_at)'],
  ['ix_generations_unswept', 'generations (finished_at) WHERE NOT swept'],
]);

const NEW = new Map([
  ['ix_generations_released', 'generations (public_id, owner_id) WHERE id_lock IS NULL'],
  ['ix_generations_swept', 'generations (finished_at) WHERE swept AND finished_at IS NOT NULL'],
  [
    'ix_generations_unswept',
    'generations (finished_at) WHERE NOT swept AND finished_at IS NOT NULL',
  ],
]);
