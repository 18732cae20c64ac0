import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { StoreStartError } from '../../src/store/store.js';
import type { SqlSession } from '../../src/store/typeorm/database/sql-database.js';
import { PostgresDatabase } from '../../src/store/typeorm/postgres/postgres-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene, T0 } from '../contract/store/scene.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const UNAVAILABLE = { name: 'AppError', reason: 'store_unavailable', status: 503 };

describePostgres('PostgreSQL that fails', () => {
  let database: TestDatabase;
  let logger: RecordingLogger;
  const stores: TypeOrmStore[] = [];
  beforeEach(async () => {
    database = await freshDatabase();
    logger = new RecordingLogger();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await database.drop();
  });

  function storeOf(url: string, pool = 3): TypeOrmStore {
    const store = new TypeOrmStore({ kind: 'postgres', url, pool }, logger);
    stores.push(store);
    return store;
  }

  async function opened(url = database.url, pool = 3): Promise<TypeOrmStore> {
    const store = storeOf(url, pool);
    await store.open();
    return store;
  }

  const changed = (change: (url: URL) => void) => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };

  /** Holds a row of the store's until it is let go, as a long transaction of somebody else would. */
  async function holding(sql: string, work: () => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(sql);
      await work();
      await client.query('ROLLBACK');
    } finally {
      await client.end();
    }
  }

  const terminateAll = () =>
    database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'chat-service'`,
    );

  describe('at the start', () => {
    it('is unavailable until it can be reached', async () => {
      const proxy = await TcpProxy.before(database.url);
      proxy.close();
      const store = storeOf(proxy.url);
      await expect(store.open()).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
      await expect(store.open()).rejects.toMatchObject(UNAVAILABLE);

      await proxy.accept();
      await store.open();
      await store.ping();
      await store.close();
      proxy.close();
    });

    it('is unavailable while there are too many connections', async () => {
      const name = `few_${randomUUID().slice(0, 8)}`;
      await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'few' CONNECTION LIMIT 1`);
      await database.query(`GRANT ALL ON SCHEMA public TO ${name}`);
      const url = changed((each) => {
        each.username = name;
        each.password = 'few';
      });
      const other = new pg.Client({ connectionString: url });
      await other.connect();
      const store = storeOf(url, 1);
      await expect(store.open()).rejects.toMatchObject(UNAVAILABLE);
      await other.end();
      await store.open();
      await store.close();
      await database.query(`DROP OWNED BY ${name}`);
      await database.query(`DROP ROLE ${name}`);
    });

    it.each([
      ['a wrong password', (url: URL) => (url.password = 'wrong'), /user or password/],
      ['an unknown database', (url: URL) => (url.pathname = '/nowhere'), /no database/],
      ['a wrong sslmode', (url: URL) => url.searchParams.set('sslmode', 'yes'), /sslmode is one/],
      [
        'TLS where there is none',
        (url: URL) => url.searchParams.set('sslmode', 'require'),
        /connections of this sslmode/,
      ],
      [
        'a certificate that is not there',
        (url: URL) => {
          url.searchParams.set('sslmode', 'verify-ca');
          url.searchParams.set('sslrootcert', '/nowhere/ca.pem');
        },
        /certificate file/,
      ],
    ])('ends it for %s, with what to do', async (_name, change, told) => {
      const url = changed(change);
      const error: unknown = await storeOf(url)
        .open()
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreStartError);
      const { message } = error as StoreStartError;
      expect(message).toMatch(/^HISTORY_DB_URL: /);
      expect(message).toMatch(told);
      expect(message).not.toMatch(/wrong|nowhere\b|127\.0\.0\.1|\d{4}/);
    });

    it.each(['LATIN1', 'WIN1252', 'EUC_JP'])(
      'ends it for a database in %s, with what to do',
      async (encoding) => {
        const other = await freshDatabase(`ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
        try {
          const error: unknown = await storeOf(other.url)
            .open()
            .catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(StoreStartError);
          expect((error as StoreStartError).message).toMatch(
            new RegExp(
              `^HISTORY_DB_URL: the encoding of its database is ${encoding}, .*createdb -E UTF8`,
            ),
          );
          expect(
            await other.query('SELECT 1 FROM pg_tables WHERE schemaname = $1', ['public']),
          ).toEqual([]);
        } finally {
          await other.drop();
        }
      },
    );

    it('takes a database in SQL_ASCII, with a warning, and keeps what people write', async () => {
      const other = await freshDatabase(`ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
      const one = new Scene(await opened(other.url));
      const text = 'Zoë, 日本語 и 👩‍👩‍👧';
      const { conversationId } = await one.answered(one.opening({ text, title: text }), text);
      expect((await one.conversation(conversationId)).title).toBe(text);
      expect(await one.transcript(conversationId)).toEqual([
        `user: ${text} (complete)`,
        `assistant: ${text} (complete)`,
      ]);
      const warnings = logger.records.filter(({ message }) => message.includes('SQL_ASCII'));
      expect(warnings).toEqual([expect.objectContaining({ level: 'warn' })]);
      for (const store of stores.splice(0)) await store.close();
      await other.drop();
    });

    it('writes as it is written, whatever the database takes text for otherwise', async () => {
      const name = new URL(database.url).pathname.slice(1);
      await database.query(`ALTER DATABASE ${name} SET client_encoding = 'LATIN1'`);
      const store = await opened(
        changed((url) => {
          url.searchParams.set('client_encoding', 'LATIN1');
          url.searchParams.set('options', '-c client_encoding=LATIN1');
        }),
      );
      const one = new Scene(store);
      const { conversationId } = await one.answered(one.opening({ text: 'Zoë 日本' }));
      expect(await one.transcript(conversationId)).toContain('user: Zoë 日本 (complete)');
      const [row] = await database.query<{ bytes: Buffer }>(
        `SELECT convert_to(content, 'UTF8') AS bytes FROM messages WHERE role = 'user'`,
      );
      expect(row?.bytes.toString()).toBe('Zoë 日本');
    });

    it.each(['disable', 'allow', 'prefer'])('takes sslmode=%s without TLS', async (mode) => {
      const store = await opened(changed((url) => url.searchParams.set('sslmode', mode)));
      await store.ping();
    });
  });

  describe('later', () => {
    it('is unavailable while the network is down, and works once it is back', async () => {
      const proxy = await TcpProxy.before(database.url);
      const store = await opened(proxy.url);
      const one = new Scene(store);
      const turn = await one.begun(one.opening());

      proxy.close();
      await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
      await expect(one.finish(turn, completed('x'))).rejects.toMatchObject(UNAVAILABLE);
      await expect(one.conversations.delete(one.ownerId, 'x', null)).rejects.toMatchObject(
        UNAVAILABLE,
      );

      await proxy.accept();
      expect(await one.finish(turn, completed('x'))).toBe('ended');
      await store.close();
      proxy.close();
    });

    it('survives an administrator who ends its idle connections', async () => {
      const store = await opened();
      const warned = new Promise<void>((resolve) => {
        logger.warn = (message) => {
          if (message === 'The database closed an idle connection') resolve();
        };
      });
      await terminateAll();
      await warned;
      await store.ping();
    });

    it('reads again on another connection when one had died', async () => {
      const store = await opened();
      const one = new Scene(store);
      const { conversationId } = await one.answered(one.opening());
      const reading = () => one.conversation(conversationId);
      for (let n = 0; n < 5; n += 1) {
        await Promise.all([reading(), reading(), reading()]);
        await terminateAll();
        await Promise.all([reading(), reading(), reading()]);
      }
    });

    it('is unavailable when a connection is ended under a statement, which did not happen', async () => {
      const store = await opened(database.url, 1);
      const one = new Scene(store);
      const turn = await one.claimed(one.opening());
      await holding(`SELECT 1 FROM generations WHERE key = '${turn.key}' FOR UPDATE`, async () => {
        const keeping = one.generations.commitTurn(turn.key, turn.workerId, T0);
        const failed = expect(keeping).rejects.toMatchObject(UNAVAILABLE);
        await waiting(1);
        await terminateAll();
        await failed;
      });
      expect(await one.record(turn.id)).toMatchObject({ committed: false });
      expect(await one.generations.commitTurn(turn.key, turn.workerId, T0)).toBe('committed');
    });

    it('is unavailable when every connection is taken for too long', async () => {
      const store = await opened(database.url, 1);
      const one = new Scene(store);
      const turn = await one.claimed(one.opening());
      await holding(`SELECT 1 FROM generations WHERE key = '${turn.key}' FOR UPDATE`, async () => {
        const keeping = one.generations.commitTurn(turn.key, turn.workerId, T0);
        const ended = keeping.catch(() => undefined);
        await waiting(1);
        await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
        await terminateAll();
        await ended;
      });
      await store.ping();
    });

    it('goes on behind a pooler that forgets the names of statements', async () => {
      const target = new PostgresDatabase(database.url, 1, logger);
      await target.open();
      const beats = () =>
        target.read((session) => session.query('SELECT beat FROM workers WHERE id = $1', ['w']));
      const raise = () =>
        target.transaction((session) =>
          session.query(
            `INSERT INTO workers (id, beat) VALUES ($1, 1)
             ON CONFLICT (id) DO UPDATE SET beat = workers.beat + 1`,
            ['w'],
          ),
        );
      await raise();
      expect(await beats()).toEqual([{ beat: 1 }]);
      await target.write((session) => session.query('DEALLOCATE ALL'));
      await raise();
      expect(await beats()).toEqual([{ beat: 2 }]);
      await target.write((session) => session.query('DEALLOCATE ALL'));
      expect(await beats()).toEqual([{ beat: 2 }]);
      await target.close();
    });

    it('goes on after all statements of its connections were forgotten at once', async () => {
      const target = new PostgresDatabase(database.url, 5, logger);
      await target.open();
      const named = (session: SqlSession) => session.query('SELECT beat FROM workers');
      await onEach(target, 4, named);
      await onEach(target, 4, (session) => session.query('DISCARD ALL'));
      await onEach(target, 4, named);
      await target.close();
    });

    it.each([
      ['a column of another type', 'ALTER TABLE messages ALTER COLUMN role TYPE text'],
      ['one column more', 'ALTER TABLE workers ADD COLUMN seen bigint'],
      [
        'been made anew',
        `CREATE TABLE other AS TABLE workers; DROP TABLE workers; ALTER TABLE other RENAME TO workers;
         ALTER TABLE workers ADD PRIMARY KEY (id)`,
      ],
    ])('goes on with a table that has %s', async (_what, change) => {
      const store = await opened(database.url, 4);
      const one = new Scene(store);
      const { conversationId } = await one.answered(one.opening());
      const everything = async () => {
        await Promise.all(Array.from({ length: 8 }, () => one.conversation(conversationId)));
        await one.coordination.heartbeat(one.workerId);
        await one.coordination.workers();
        await one.answered(one.opening());
        await one.coordination.forgetWorker(randomUUID(), 0);
      };
      await everything();
      await database.query(change);
      await everything();
    });

    it('leaves connections that only read for new ones', async () => {
      const target = new PostgresDatabase(database.url, 5, logger);
      await target.open();
      const beat = (session: SqlSession) =>
        session.query(`INSERT INTO workers (id, beat) VALUES (gen_random_uuid(), 1)`);
      await onEach(target, 4, (session) => session.query('SET default_transaction_read_only = on'));
      await onEach(target, 4, beat);
      await target.transaction(beat);
      await target.coordinate((session) => session.query('SET default_transaction_read_only = on'));
      await target.coordinate(beat);
      await target.close();
    });

    it('is unavailable for writing while new ones only read too, and writes again by itself', async () => {
      const name = new URL(database.url).pathname.slice(1);
      const one = new Scene(await opened(database.url, 3));
      const { conversationId } = await one.answered(one.opening());
      await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      await terminateAll();
      for (let tries = 0; tries < 3; tries += 1) {
        await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
        await expect(one.coordination.heartbeat(one.workerId)).rejects.toMatchObject(UNAVAILABLE);
        expect(await one.transcript(conversationId)).toHaveLength(2);
      }
      const admin = new pg.Client({
        connectionString: database.url,
        options: '-c default_transaction_read_only=off',
      });
      await admin.connect();
      await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
      await admin.end();
      await one.coordination.heartbeat(one.workerId);
      await one.answered(one.opening());
    });

    it('says nothing of what was asked when a statement fails', async () => {
      const store = await opened();
      const one = new Scene(store);
      await database.query('ALTER TABLE generations ALTER COLUMN user_content TYPE varchar(1)');
      const error: unknown = await one.generations
        .claim(one.opening({ text: 'my secret question' }))
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ reason: 'internal', cause: { code: '22001' } });
      for (let each = error; each instanceof Error; each = each.cause)
        expect(`${each.message} ${each.stack ?? ''} ${JSON.stringify(each)}`).not.toMatch(
          /secret|INSERT/,
        );
    });
  });

  /** Runs the same on so many connections, each of which is held until all are. */
  async function onEach(
    target: PostgresDatabase,
    connections: number,
    work: (session: SqlSession) => Promise<unknown>,
  ): Promise<void> {
    let missing = connections;
    let letGo: () => void = () => undefined;
    const all = new Promise<void>((resolve) => (letGo = resolve));
    const held = async (session: SqlSession) => {
      missing -= 1;
      if (missing === 0) letGo();
      await all;
      await work(session);
    };
    await Promise.all(Array.from({ length: connections }, () => target.write(held)));
  }

  /** Until so many of the store's statements wait for a lock. */
  async function waiting(statements: number): Promise<void> {
    for (;;) {
      const rows = await database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
         AND application_name = 'chat-service' AND wait_event_type = 'Lock'`,
      );
      if (rows.length >= statements) return;
    }
  }
});
