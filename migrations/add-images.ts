import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Images of users' messages, in pieces that are read one at a time, and the messages that use them. A
 * use is there before its message: it has no foreign key to it. TypeORM reads a key's name from the
 * text of SQLite's tables, quoted and on one line.
 */
export class AddImages1795996800000 implements MigrationInterface {
  readonly name = 'AddImages1795996800000';

  async up(runner: QueryRunner): Promise<void> {
    const bytes = runner.dataSource.options.type === 'postgres' ? 'bytea' : 'blob';
    await runner.query(`
      CREATE TABLE images (
        id varchar(64) NOT NULL,
        owner_id varchar NOT NULL,
        media_type varchar(16) NOT NULL,
        bytes integer NOT NULL,
        CONSTRAINT pk_images PRIMARY KEY (id, owner_id)
      )
    `);
    await runner.query('CREATE INDEX ix_images_owner ON images (owner_id, bytes)');
    await runner.query(`
      CREATE TABLE image_pieces (
        image_id varchar(64) NOT NULL,
        owner_id varchar NOT NULL,
        place integer NOT NULL,
        data ${bytes} NOT NULL,
        CONSTRAINT pk_image_pieces PRIMARY KEY (image_id, owner_id, place),
        CONSTRAINT "fk_image_pieces_image" FOREIGN KEY ("image_id", "owner_id") REFERENCES "images"
          ("id", "owner_id") ON DELETE CASCADE
      )
    `);
    await runner.query(`
      CREATE TABLE image_uses (
        message_id varchar(36) NOT NULL,
        image_id varchar(64) NOT NULL,
        owner_id varchar NOT NULL,
        conversation_id varchar(100) NOT NULL,
        open_since bigint,
        CONSTRAINT pk_image_uses PRIMARY KEY (message_id, image_id),
        CONSTRAINT "fk_image_uses_image" FOREIGN KEY ("image_id", "owner_id") REFERENCES "images"
          ("id", "owner_id")
      )
    `);
    await runner.query('CREATE INDEX ix_image_uses_image ON image_uses (image_id, owner_id)');
    await runner.query(`
      CREATE INDEX ix_image_uses_conversation ON image_uses (conversation_id, owner_id)
    `);
    await runner.query(`
      CREATE INDEX ix_image_uses_open ON image_uses (open_since) WHERE open_since IS NOT NULL
    `);
    // Images are compressed already.
    if (bytes === 'bytea')
      await runner.query('ALTER TABLE image_pieces ALTER COLUMN data SET STORAGE EXTERNAL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE image_uses');
    await runner.query('DROP TABLE image_pieces');
    await runner.query('DROP TABLE images');
  }
}
