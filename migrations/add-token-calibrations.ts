import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was learnt of how models count tokens, one row a model. The same in both dialects. */
export class AddTokenCalibrations1795910400000 implements MigrationInterface {
  readonly name = 'AddTokenCalibrations1795910400000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE token_calibrations (
        model varchar NOT NULL,
        factors text NOT NULL,
        CONSTRAINT pk_token_calibrations PRIMARY KEY (model)
      )
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE token_calibrations');
  }
}
