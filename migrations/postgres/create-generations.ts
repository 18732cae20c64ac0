import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Generations with their locks, their logs, and the workers that run them. */
export class CreateGenerations1795305600001 implements MigrationInterface {
  readonly name = 'CreateGenerations1795305600001';

  async up(runner: QueryRunner): Promise<void> {
    // A row is updated a few times in its life: room on its page keeps those updates off the indexes.
    await runner.query(`
      CREATE TABLE generations (
        key varchar(36) NOT NULL,
        owner_id varchar NOT NULL,
        public_id varchar(100) NOT NULL,
        conversation_id varchar(100) NOT NULL,
        message_id varchar(36) NOT NULL,
        model varchar NOT NULL,
        worker_id varchar NOT NULL,
        on_disconnect varchar(16) NOT NULL,
        status varchar(16) NOT NULL DEFAULT 'queued',
        phase varchar(16) NOT NULL DEFAULT 'queued',
        created_at bigint NOT NULL,
        started_at bigint,
        finished_at bigint,
        response text NOT NULL DEFAULT '',
        seq integer NOT NULL DEFAULT 0,
        finish_reason varchar(16),
        prompt_tokens integer,
        completion_tokens integer,
        error_text text,
        error_code varchar(32),
        error_reason varchar(32),
        upstream_closed boolean NOT NULL DEFAULT false,
        conversation_deleted boolean NOT NULL DEFAULT false,
        turn_state varchar(16) NOT NULL DEFAULT 'staged',
        stop_signal varchar(32),
        swept boolean NOT NULL DEFAULT false,
        idempotency_key varchar,
        idempotency_fingerprint varchar,
        new_title text,
        new_created_at bigint,
        system_id varchar(36),
        system_content text,
        system_created_at bigint,
        user_id varchar(36),
        user_content text,
        user_created_at bigint,
        replaces_id varchar(36),
        id_lock varchar(100),
        conversation_lock varchar(100),
        idempotency_lock varchar,
        slot_lock varchar,
        CONSTRAINT pk_generations PRIMARY KEY (key)
      ) WITH (fillfactor = 80)
    `);
    for (const index of INDEXES) await runner.query(index);
    await runner.query(`
      CREATE TABLE generation_log (
        generation_key varchar(36) NOT NULL,
        first_seq integer NOT NULL,
        token_count integer NOT NULL,
        tokens text NOT NULL,
        CONSTRAINT pk_generation_log PRIMARY KEY (generation_key, first_seq),
        CONSTRAINT fk_generation_log_generation FOREIGN KEY (generation_key)
          REFERENCES generations (key) ON DELETE CASCADE
      )
    `);
    await runner.query(`
      CREATE TABLE generation_watchers (
        generation_key varchar(36) NOT NULL,
        worker_id varchar NOT NULL,
        CONSTRAINT pk_generation_watchers PRIMARY KEY (generation_key, worker_id),
        CONSTRAINT fk_generation_watchers_generation FOREIGN KEY (generation_key)
          REFERENCES generations (key) ON DELETE CASCADE
      )
    `);
    await runner.query(`
      CREATE TABLE workers (
        id varchar NOT NULL,
        beat integer NOT NULL,
        CONSTRAINT pk_workers PRIMARY KEY (id)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE workers');
    await runner.query('DROP TABLE generation_watchers');
    await runner.query('DROP TABLE generation_log');
    await runner.query('DROP TABLE generations');
  }
}

/**
 * What is locked is unique; what was released is null and in no index. An owner comes last: with
 * thousands of rows each, none is found by it, and the planner is not tempted to try.
 */
const INDEXES = [
  `CREATE UNIQUE INDEX ux_generations_id_lock ON generations (id_lock, owner_id)
     WHERE id_lock IS NOT NULL`,
  `CREATE UNIQUE INDEX ux_generations_conversation_lock ON generations (conversation_lock, owner_id)
     WHERE conversation_lock IS NOT NULL`,
  `CREATE UNIQUE INDEX ux_generations_idempotency_lock ON generations (idempotency_lock, owner_id)
     WHERE idempotency_lock IS NOT NULL`,
  `CREATE UNIQUE INDEX ux_generations_slot_lock ON generations (slot_lock)
     WHERE slot_lock IS NOT NULL`,
  'CREATE INDEX ix_generations_public_id ON generations (public_id, owner_id)',
  'CREATE INDEX ix_generations_conversation ON generations (conversation_id, owner_id)',
  'CREATE INDEX ix_generations_running ON generations (worker_id) WHERE finished_at IS NULL',
  'CREATE INDEX ix_generations_finished ON generations (finished_at)',
  'CREATE INDEX ix_generations_unswept ON generations (finished_at) WHERE NOT swept',
];
