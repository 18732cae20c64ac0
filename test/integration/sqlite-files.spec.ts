import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreStartError, type Store } from '../../src/store/store.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeSqlite, openSqlite } from '../support/sqlite.js';

const UNAVAILABLE = { name: 'AppError', reason: 'store_unavailable', status: 503 };

describeSqlite('the files of SQLite', () => {
  let folder: string;
  let file: string;
  let logger: RecordingLogger;
  const stores: Store[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-sqlite-'));
    file = join(folder, 'data', 'chat.sqlite');
    logger = new RecordingLogger();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  async function opened(path = file): Promise<TypeOrmStore> {
    const store = new TypeOrmStore({ kind: 'sqlite', file: path }, logger);
    stores.push(store);
    await store.open();
    return store;
  }

  async function startFailure(): Promise<string> {
    const error: unknown = await opened().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StoreStartError);
    const { message } = error as StoreStartError;
    expect(message).toMatch(/^HISTORY_DB_URL: /);
    expect(message).not.toContain(folder);
    return message;
  }

  const beside = (...endings: string[]) => endings.map((ending) => `${file}${ending}`);

  /** The files as a process leaves them that is killed now. */
  async function killed(to: string): Promise<void> {
    await mkdir(to, { recursive: true });
    for (const ending of ['', '-wal'])
      await copyFile(file + ending, join(to, `chat.sqlite${ending}`));
  }

  async function chat(one: Scene, turns: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < turns; n += 1) ids.push((await one.answered(one.opening())).conversationId);
    return ids;
  }

  async function until(wanted: () => boolean): Promise<void> {
    while (!wanted()) await delay(20);
  }

  describe('rights', () => {
    const mode = async (path: string) => (await stat(path)).mode & 0o777;

    it('let nobody else read what is written, whatever the umask', async () => {
      const before = process.umask(0);
      try {
        await chat(new Scene(await opened()), 1);
        expect(await mode(join(folder, 'data'))).toBe(0o700);
        for (const path of beside('', '-wal', '-shm')) expect(await mode(path)).toBe(0o600);
      } finally {
        process.umask(before);
      }
    });

    it('are taken from everybody where an earlier release gave them', async () => {
      const one = new Scene(await opened());
      const [id = ''] = await chat(one, 1);
      await killed(join(folder, 'killed'));
      await one.store.close();
      file = join(folder, 'killed', 'chat.sqlite');
      for (const path of beside('', '-wal')) await chmod(path, 0o644);
      const again = one.on(await opened());
      expect(await again.transcript(id)).toHaveLength(2);
      for (const path of beside('', '-wal', '-shm')) expect(await mode(path)).toBe(0o600);
    });

    it('stay as they are where a group was let in on purpose', async () => {
      await (await opened()).close();
      await chmod(file, 0o640);
      await opened();
      expect(await mode(file)).toBe(0o640);
    });
  });

  describe('that are no longer in their place', () => {
    const said = (message: string) => () =>
      logger.records.some((record) => record.message.includes(message));

    it('take no promise any more, from the first on', async () => {
      const one = new Scene(await opened());
      const turn = await one.begun(one.opening());
      await rename(file, `${file}.away`);
      await expect(one.finish(turn, completed('x'))).rejects.toMatchObject(UNAVAILABLE);
      expect(logger.records.filter(({ level }) => level === 'error')).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/moved away or deleted .*back/) }),
      ]);
      await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
      await expect(one.store.ping()).rejects.toMatchObject(UNAVAILABLE);
      expect(await one.transcript(turn.conversationId)).toHaveLength(2);
    });

    it('are noticed when nothing is written, and taken again when they are back', async () => {
      const one = new Scene(await opened());
      const [id = ''] = await chat(one, 1);
      await rename(file, `${file}.away`);
      await until(said('moved away or deleted'));
      await expect(one.coordination.heartbeat(one.workerId)).rejects.toMatchObject(UNAVAILABLE);
      await rename(`${file}.away`, file);
      await until(said('back in its place'));
      await one.store.ping();
      await chat(one, 1);
      await one.store.close();
      expect(await one.on(await opened()).transcript(id)).toHaveLength(2);
    });

    it('are not written when others have taken their place', async () => {
      const one = new Scene(await opened());
      await chat(one, 1);
      await copyFile(file, `${file}.other`);
      await rename(`${file}.other`, file);
      const before = await readFile(file);
      await until(said('Another file has taken the place'));
      await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
      await expect(one.store.ping()).rejects.toMatchObject(UNAVAILABLE);
      expect(await readFile(file)).toEqual(before);
    });

    it('go on when what stands beside the database was brought into it', async () => {
      const one = new Scene(await opened());
      await chat(one, 1);
      await one.store.ping();
      const database = openSqlite(file);
      database.pragma('wal_checkpoint(TRUNCATE)');
      database.close();
      expect((await stat(`${file}-wal`)).size).toBe(0);
      await one.store.ping();
      await chat(one, 1);
    });

    it('are not written when another program has emptied the database', async () => {
      const one = new Scene(await opened());
      await chat(one, 1);
      await truncate(file);
      await until(said('another program has emptied it'));
      await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
      await expect(one.store.ping()).rejects.toMatchObject(UNAVAILABLE);
    });

    it('lose nothing when only what stands beside the database was removed', async () => {
      const one = new Scene(await opened());
      const ids = await chat(one, 2);
      // It is looked for once it was seen.
      await one.store.ping();
      await rm(`${file}-wal`);
      await expect(one.store.ping()).rejects.toMatchObject(UNAVAILABLE);
      expect(said('ends in -wal was removed')()).toBe(true);
      await one.store.close();
      const again = one.on(await opened());
      for (const id of ids) expect(await again.transcript(id)).toHaveLength(2);
    });
  });

  describe('at the start', () => {
    /** A backup of `earlier` turns, lying over the database of a process that was killed `later`. */
    async function restored(earlier: number, later: number): Promise<Scene> {
      const one = new Scene(await opened());
      await chat(one, earlier);
      await one.store.close();
      await copyFile(file, join(folder, 'backup'));
      const again = one.on(await opened());
      await chat(again, later);
      await killed(join(folder, 'killed'));
      await again.store.close();
      file = join(folder, 'killed', 'chat.sqlite');
      await copyFile(join(folder, 'backup'), file);
      return one;
    }

    it.each([
      [1, 1],
      [3, 60],
      [60, 3],
    ])(
      'refuse a backup (%i turns) beside what a killed process left (%i turns)',
      async (earlier, later) => {
        const one = await restored(earlier, later);
        expect(await startFailure()).toMatch(
          /-wal and -shm do not belong together.*remove these two/,
        );
        expect(await readFile(file)).toEqual(await readFile(join(folder, 'backup')));
        for (const path of beside('-wal', '-shm')) await rm(path, { force: true });
        const listed = await one.on(await opened()).listed();
        expect(listed).toHaveLength(earlier);
      },
    );

    it('refuse what another database left beside them', async () => {
      await chat(new Scene(await opened()), 2);
      await killed(join(folder, 'other'));
      for (const store of stores.splice(0)) await store.close();
      file = join(folder, 'second', 'chat.sqlite');
      const one = new Scene(await opened());
      await chat(one, 2);
      await one.store.close();
      await copyFile(join(folder, 'other', 'chat.sqlite-wal'), `${file}-wal`);
      expect(await startFailure()).toContain('do not belong together');
    });

    it('refuse a backup of the same run that does not fit', async () => {
      const one = new Scene(await opened());
      await chat(one, 30);
      const reader = openSqlite(file, { readonly: true });
      await reader.backup(join(folder, 'backup'));
      reader.close();
      // More than the -wal file holds before it starts anew.
      await chat(one, 250);
      await killed(join(folder, 'killed'));
      await one.store.close();
      file = join(folder, 'killed', 'chat.sqlite');
      await copyFile(join(folder, 'backup'), file);
      expect(await startFailure()).toContain('do not belong together');
    });

    it('take what a killed process left', async () => {
      const one = new Scene(await opened());
      const ids = await chat(one, 40);
      for (let kills = 0; kills < 3; kills += 1) {
        const to = join(folder, `killed ${kills}`);
        await killed(to);
        for (const store of stores.splice(0)) await store.close();
        file = join(to, 'chat.sqlite');
        const again = one.on(await opened());
        for (const id of ids) expect(await again.transcript(id)).toHaveLength(2);
        ids.push(...(await chat(again, 20)));
      }
    });

    it('take a process beside another that writes', async () => {
      const one = new Scene(await opened());
      for (let n = 0; n < 3; n += 1) {
        const ids = await chat(one, 3);
        const other = one.on(await opened());
        for (const id of ids) expect(await other.transcript(id)).toHaveLength(2);
        await chat(other, 3);
      }
      await killed(join(folder, 'killed'));
      file = join(folder, 'killed', 'chat.sqlite');
      expect(await one.on(await opened()).listed()).toHaveLength(18);
    });

    it('take a database that was made with UTF-16', async () => {
      await mkdir(join(folder, 'data'));
      const made = openSqlite(file);
      made.pragma("encoding = 'UTF-16le'");
      made.exec('CREATE TABLE mine (x); DROP TABLE mine');
      made.close();
      const one = new Scene(await opened());
      const text = 'Zoë 日本 👩‍👩‍👧';
      const { conversationId } = await one.answered(one.opening({ text }), text);
      expect(await one.transcript(conversationId)).toEqual([
        `user: ${text} (complete)`,
        `assistant: ${text} (complete)`,
      ]);
    });
  });

  it('hold nothing of what was deleted once the service has stopped', async () => {
    const one = new Scene(await opened());
    const secret = 'the quick brown secret ';
    const long = secret.repeat(500);
    const kept = await one.answered(one.opening({ text: 'stays' }), 'stays');
    for (let n = 0; n < 5; n += 1) {
      const text = n % 2 === 0 ? secret : long;
      const turn = await one.answered(one.opening({ text, title: secret, system: text }), text);
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      const running = await one.begun(one.opening({ text, title: secret }), [text]);
      await one.conversations.delete(one.ownerId, running.conversationId, null);
      await one.finish(running, completed(text));
    }
    await one.generations.sweep({ logsBefore: Number.MAX_SAFE_INTEGER, rowsBefore: 0 });
    await one.store.close();
    expect(await readdir(join(folder, 'data'))).toEqual(['chat.sqlite']);
    expect((await readFile(file)).includes('quick brown')).toBe(false);
    expect(await one.on(await opened()).transcript(kept.conversationId)).toHaveLength(2);
  });

  it('become small again once a foreign reader has gone', async () => {
    const one = new Scene(await opened());
    await chat(one, 1);
    const reader = openSqlite(file, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT COUNT(*) FROM conversations').get();
    const size = async () => (await stat(`${file}-wal`)).size;
    const text = 'x'.repeat(200_000);
    while ((await size()) < 40_000_000) await one.answered(one.opening({ text }), text);
    reader.exec('COMMIT');
    reader.close();
    while ((await size()) > 8 * 1024 * 1024) await delay(50);
    await chat(one, 2);
    expect(await size()).toBeLessThan(8 * 1024 * 1024);
  });

  it('may get columns from others while they are used', async () => {
    const one = new Scene(await opened());
    const [id = ''] = await chat(one, 1);
    const other = openSqlite(file);
    other.exec(
      'ALTER TABLE conversations ADD COLUMN note text; ALTER TABLE workers ADD COLUMN seen',
    );
    other.close();
    expect(await one.transcript(id)).toHaveLength(2);
    await one.coordination.heartbeat(one.workerId);
    expect((await one.coordination.workers()).get(one.workerId)?.beat).toBe(1);
    await chat(one, 1);
  });
});
