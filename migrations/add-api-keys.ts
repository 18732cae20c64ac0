import type { MigrationInterface, QueryRunner } from 'typeorm';

/** API keys as digests. `live_name` is the name, in small letters, of a key that is neither revoked nor replaced. */
export class AddApiKeys1796256000000 implements MigrationInterface {
  readonly name = 'AddApiKeys1796256000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE api_keys (
        id varchar(36) NOT NULL,
        digest varchar(64) NOT NULL,
        name varchar(64) NOT NULL,
        live_name varchar(64),
        owner_id varchar NOT NULL,
        scopes varchar(64) NOT NULL,
        models text,
        requests bigint,
        streams bigint,
        tokens_day bigint,
        tokens_month bigint,
        hint varchar(8) NOT NULL,
        created_at bigint NOT NULL,
        expires_at bigint,
        last_used_at bigint,
        revoked_at bigint,
        CONSTRAINT pk_api_keys PRIMARY KEY (id)
      )
    `);
    await runner.query('CREATE UNIQUE INDEX ux_api_keys_digest ON api_keys (digest)');
    await runner.query('CREATE UNIQUE INDEX ux_api_keys_live_name ON api_keys (live_name)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE api_keys');
    await runner.query(`DELETE FROM facts WHERE name = 'keys'`);
  }
}
