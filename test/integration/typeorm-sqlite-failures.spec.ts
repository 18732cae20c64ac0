import { mkdir, mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../src/common/errors/app-error.js';
import { StoreStartError } from '../../src/store/store.js';
import { SqliteDatabase } from '../../src/store/typeorm/sqlite/sqlite-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene, titled } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeSqlite, openSqlite } from '../support/sqlite.js';

const UNAVAILABLE = { name: 'AppError', reason: 'store_unavailable', status: 503 };

describeSqlite('SQLite that fails', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-sqlite-'));
    file = join(folder, 'chat.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const storeOf = (path: string) =>
    new TypeOrmStore({ kind: 'sqlite', file: path }, new RecordingLogger());

  async function opened(): Promise<TypeOrmStore> {
    const store = storeOf(file);
    await store.open();
    return store;
  }

  /** Why the start fails, which has to name the setting and hold no path. */
  async function startFailure(path: string): Promise<string> {
    const error: unknown = await storeOf(path)
      .open()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreStartError);
    const { message } = error as StoreStartError;
    expect(message).toMatch(/^HISTORY_DB_URL: /);
    expect(message).not.toContain(folder);
    return message;
  }

  describe('at the start', () => {
    it('says that a file is no database', async () => {
      await writeFile(file, 'Dear diary, '.repeat(1000));
      expect(await startFailure(file)).toContain('not a SQLite database');
    });

    it('says that it cannot open a folder, or a file inside a file', async () => {
      await mkdir(file);
      expect(await startFailure(file)).toContain('cannot be opened');
      const text = join(folder, 'text');
      await writeFile(text, '');
      expect(await startFailure(join(text, 'chat.sqlite'))).toContain('cannot be opened');
    });

    it('says that a database is damaged', async () => {
      const store = await opened();
      const one = new Scene(store);
      for (let n = 0; n < 20; n += 1) await one.answered(one.opening());
      await store.close();
      await truncate(file, Math.floor((await stat(file)).size / 2));
      expect(await startFailure(file)).toContain('damaged');
    });

    it('waits while another process has the file', async () => {
      await (await opened()).close();
      const other = openSqlite(file);
      other.exec('BEGIN IMMEDIATE');
      const store = storeOf(file);
      setTimeout(() => {
        other.exec('COMMIT');
        other.close();
      }, 200);
      await store.open();
      expect(other.open).toBe(false);
      await store.ping();
      await store.close();
    });
  });

  describe('later', () => {
    let store: TypeOrmStore;
    beforeEach(async () => (store = await opened()));
    afterEach(() => store.close());

    it('is unavailable for writing while another process holds the lock, then works', async () => {
      const one = new Scene(store);
      const turn = await one.begun(one.opening());
      const other = openSqlite(file);
      other.exec('BEGIN IMMEDIATE');

      const writes = [
        one.generations.claim(one.opening()),
        one.finish(turn, completed('x')),
        one.conversations.update(one.ownerId, turn.conversationId, titled('New'), null),
      ];
      expect((await one.conversation(turn.conversationId)).title).toBe('A title');
      for (const result of await Promise.allSettled(writes))
        expect(result).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });

      other.exec('ROLLBACK');
      other.close();
      expect(await one.finish(turn, completed('x'))).toBe('ended');
    });

    it('is unavailable when a page of it is damaged, and says nothing of what was asked', async () => {
      const one = new Scene(store);
      const secret = 'my secret question';
      const turn = await one.answered(one.opening({ text: secret, title: secret }));
      await store.close();
      const handle = await open(file, 'r+');
      const { size } = await handle.stat();
      await handle.write(Buffer.alloc(size - 8192, 0x5a), 0, size - 8192, 8192);
      await handle.close();
      store = storeOf(file);

      const error: unknown = await store
        .open()
        .then(() => store.conversations.find(one.ownerId, turn.conversationId))
        .catch((reason: unknown) => reason);
      expect(
        error instanceof StoreStartError ||
          (error instanceof AppError && error.reason === 'store_unavailable'),
      ).toBe(true);
      for (let each = error; each instanceof Error; each = each.cause)
        expect(`${each.message} ${each.stack ?? ''}`).not.toMatch(/secret|SELECT/);
    });

    it('is unavailable once closed', async () => {
      await store.close();
      await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.coordination.heartbeat('w')).rejects.toMatchObject(UNAVAILABLE);
      await store.open();
      await store.ping();
    });
  });

  describe('with several that write', () => {
    let database: SqliteDatabase;
    beforeEach(async () => {
      database = new SqliteDatabase(file, new RecordingLogger());
      await database.open();
    });
    afterEach(() => database.close());

    const beat = (id: string) => `INSERT INTO workers (id, beat) VALUES ('${id}', 1)`;
    const ids = () =>
      database.read(async (session) =>
        (await session.query<{ id: string }>('SELECT id FROM workers ORDER BY id')).map(
          ({ id }) => id,
        ),
      );

    it('shows nobody what is not committed, and takes nobody else’s write back', async () => {
      let midway: string[] | null = null;
      const beside: Promise<unknown>[] = [];
      const failing = database.transaction(async (session) => {
        await session.query(beat('rolled back'));
        beside.push(database.write((other) => other.query(beat('beside'))));
        midway ??= await ids();
        throw new Error('changed its mind');
      });

      await expect(failing).rejects.toMatchObject({ reason: 'internal' });
      await Promise.all(beside);
      expect(midway).toEqual([]);
      expect(await ids()).toEqual(['beside']);
    });

    it('commits transactions of one moment together', async () => {
      const seen: string[][] = [];
      const writing = (id: string) =>
        database.transaction(async (session) => {
          await session.query(beat(id));
          seen.push(await ids());
          return id;
        });
      expect(await Promise.all(['a', 'b', 'c'].map(writing))).toEqual(['a', 'b', 'c']);
      expect(seen).toEqual([[], [], []]);
      expect(await ids()).toEqual(['a', 'b', 'c']);
    });

    it('lets none of them fail for another’s sake', async () => {
      const writing = (id: string) =>
        database.transaction(async (session) => {
          await session.query(beat(id));
          if (id === 'b') throw new Error('changed its mind');
        });
      const [a, b, c] = await Promise.allSettled(['a', 'b', 'c'].map(writing));
      expect([a?.status, b?.status, c?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await ids()).toEqual(['a', 'c']);
    });

    it('fails all of them, and later, where another process does not let go', async () => {
      const hasty = new SqliteDatabase(file, new RecordingLogger(), 100);
      await hasty.open();
      const other = openSqlite(file);
      other.exec('BEGIN IMMEDIATE');
      const writing = (id: string) => hasty.transaction((session) => session.query(beat(id)));
      const ends = await Promise.allSettled(['a', 'b'].map(writing));
      expect(ends).toEqual([
        { status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) },
        { status: 'rejected', reason: expect.objectContaining(UNAVAILABLE) },
      ]);
      other.exec('COMMIT');
      other.close();
      await Promise.all(['c', 'd'].map(writing));
      await hasty.close();
      expect(await ids()).toEqual(['c', 'd']);
    });
  });

  it('flushes the history on each commit, and only the history', async () => {
    const database = new SqliteDatabase(file, new RecordingLogger());
    await database.open();
    const pragma = (name: string) => async (session: { query: SqlQuery }) =>
      Object.values((await session.query<Record<string, unknown>>(`PRAGMA ${name}`))[0] ?? {})[0];
    expect(await database.transaction(pragma('synchronous'))).toBe(2);
    expect(await database.write(pragma('synchronous'))).toBe(1);
    expect(await database.transaction(pragma('journal_mode'))).toBe('wal');
    expect(await database.transaction(pragma('foreign_keys'))).toBe(1);
    expect(await database.write(pragma('foreign_keys'))).toBe(1);
    await database.close();
  });
});

type SqlQuery = <Row>(sql: string) => Promise<Row[]>;
