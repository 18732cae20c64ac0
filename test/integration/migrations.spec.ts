import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { DataSource } from 'typeorm';
import type { SqlTarget } from '../../src/store/typeorm/database/create-database.js';
import { ENTITIES } from '../../src/store/typeorm/entities/entities.js';
import { SchemaMigrations } from '../../src/store/typeorm/schema-migrations.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

const COMMAND = resolve(import.meta.dirname, '../../dist/src/migrate.js');

async function opened(target: SqlTarget): Promise<TypeOrmStore> {
  const store = new TypeOrmStore(target, new RecordingLogger());
  await store.open();
  return store;
}

/** Works on the store and closes it, as a process would that ends. */
async function inStore<T>(target: SqlTarget, work: (store: TypeOrmStore) => Promise<T>) {
  const store = await opened(target);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

for (const kind of SQL_KINDS)
  kind.describe(`migrations on ${kind.name}`, () => {
    let database: EmptyDatabase;
    let schema: SchemaMigrations;
    beforeEach(async () => {
      database = await kind.make();
      schema = new SchemaMigrations(database.target, new RecordingLogger());
    });
    afterEach(() => database.dispose());

    const applied = async () =>
      (await schema.status()).flatMap((step) => (step.applied ? [step.name] : []));
    /** Takes back the newest steps until this one is the next to go. */
    const revertTo = async (name: string) => {
      const newer = kind.migrations.slice(kind.migrations.indexOf(name) + 1).reverse();
      for (const step of newer) expect(await schema.revert()).toBe(step);
    };
    const count = async (table: string) => {
      const [row] = await database.query<{ n: string | number }>(`SELECT COUNT(*) n FROM ${table}`);
      return Number(row?.n);
    };

    const exists = (table: string) =>
      count(table).then(
        () => true,
        () => false,
      );

    it('go up, down and up again on a filled database', async () => {
      const { scene, before } = await inStore(database.target, async (store) => {
        const one = new Scene(store);
        const { conversationId } = await one.answered(
          one.opening({ system: 'Sir', text: 'Hé 😀' }),
        );
        await one.begun(one.opening(), ['half']);
        return { scene: one, before: await one.conversation(conversationId) };
      });
      const [history, generations] = kind.migrations;
      expect(await applied()).toEqual(kind.migrations);
      expect(await exists('generations')).toBe(true);

      await revertTo(history);
      expect(await applied()).toEqual([history]);
      expect(await exists('generations')).toBe(false);
      expect(await count('messages')).toBe(5);

      await inStore(database.target, async (store) => {
        const one = scene.on(store);
        // What a release without branches wrote has its first revision.
        expect(await one.conversation(before.id)).toEqual({ ...before, revision: 1 });
        await one.answered(one.reply(before.id, { text: 'Again' }));
        expect(await one.conversation(before.id)).toMatchObject({ messageCount: 5 });
      });

      await revertTo(generations);
      expect(await schema.revert()).toBe(generations);
      expect(await schema.revert()).toBe(history);
      expect(await schema.revert()).toBeNull();
      expect(await exists('conversations')).toBe(false);

      expect(await schema.run()).toEqual(kind.migrations);
      expect(await schema.run()).toEqual([]);
      await inStore(database.target, async (store) => {
        const one = scene.on(store);
        expect(await one.listed()).toEqual([]);
        await one.answered(one.opening());
        expect(await one.listed()).toHaveLength(1);
      });
    });

    it('run once when several processes start together', async () => {
      const stores = await Promise.all(Array.from({ length: 6 }, () => opened(database.target)));
      try {
        for (const store of stores) {
          const one = new Scene(store);
          await one.answered(one.opening());
        }
        const rows = await database.query<{ name: string }>('SELECT name FROM migrations');
        expect(rows.map(({ name }) => name)).toEqual(kind.migrations);
        expect(await count('conversations')).toBe(stores.length);
      } finally {
        for (const store of stores) await store.close();
      }
    });

    it('make the schema that the entities describe', async () => {
      await schema.run();
      const source = new DataSource({ ...database.options, entities: ENTITIES });
      await source.initialize();
      try {
        const { upQueries } = await source.driver.createSchemaBuilder().log();
        expect(upQueries.map(({ query }) => query)).toEqual([]);
      } finally {
        await source.destroy();
      }
    });

    it('can be run, reverted and shown from the command line', async () => {
      const { target } = database;
      const env = {
        PATH: process.env['PATH'],
        HISTORY_STORAGE_TYPE: 'database',
        HISTORY_DB_URL: target.kind === 'sqlite' ? `sqlite:${target.file}` : target.url,
      };
      const command = async (name: string) => {
        const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, name], { env });
        return stdout.trimEnd().split('\n');
      };
      const lines = (word: string, names: string[]) => names.map((name) => `${word} ${name}`);
      const older = kind.migrations.slice(0, -1);
      const newest = kind.migrations.slice(-1);

      expect(await command('status')).toEqual(lines('pending ', kind.migrations));
      expect(await command('revert')).toEqual(['Nothing to revert']);
      // Looking changes nothing.
      if (target.kind === 'sqlite') expect(existsSync(target.file)).toBe(false);
      else expect(await exists('migrations')).toBe(false);
      expect(await command('run')).toEqual(lines('applied ', kind.migrations));
      expect(await command('run')).toEqual(['Nothing to apply']);
      expect(await command('revert')).toEqual(lines('reverted', newest));
      expect(await command('status')).toEqual([
        ...lines('applied ', older),
        ...lines('pending ', newest),
      ]);
      await expect(command('sideways')).rejects.toMatchObject({ code: 2 });
    }, 30_000);
  });
