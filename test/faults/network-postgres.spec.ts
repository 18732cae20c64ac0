import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { answer, Gate, script } from '../support/fake-ollama.js';
import { freePort } from '../support/free-port.js';
import { getJson, postJson } from '../support/http-client.js';
import { readMetrics } from '../support/metrics.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { textOf } from '../support/stream-reader.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Rig, told } from './network/rig.js';

describePostgres('a failing network before PostgreSQL', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let rig: Rig;
  let metricsPort: number;

  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await TcpProxy.before(database.url);
    metricsPort = await freePort();
    rig = await Rig.start({
      METRICS_PORT: String(metricsPort),
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: proxy.url,
      // Each dead connection is found out by a statement that waits on it.
      HISTORY_DB_POOL: '2',
    });
    await rig.ready(200);
  });
  afterAll(async () => {
    await rig.remove();
    proxy.close();
    await database.drop();
  });

  const WHOLE = ['user complete: Hi', 'assistant complete: abcd'];

  /** A stream of which two tokens are there; the rest comes at the gate. */
  async function begun() {
    const gate = new Gate();
    rig.ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
    const reader = await rig.stream();
    await reader.take(2);
    return { gate, reader };
  }

  const storeUp = async () => (await readMetrics(metricsPort)).value('chat_store_up');

  /** A database knows it when something was written twice. */
  async function expectOnce(): Promise<void> {
    const counts = await database.query<{ n: string }>(
      `SELECT c.message_count - (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id) AS n
       FROM conversations c`,
    );
    expect(counts.every(({ n }) => Number(n) === 0)).toBe(true);
  }

  it.each([
    ['resets', () => proxy.reset()],
    ['closes', () => proxy.cut()],
  ])('that %s the connections during a stream loses and doubles nothing', async (_how, fail) => {
    const { gate, reader } = await begun();
    proxy.refuse();
    fail();
    gate.open();
    expect(textOf(await reader.take(2))).toBe('cd');
    await proxy.accept();
    expect((await reader.rest()).map(({ data }) => data)).toMatchObject([{ done: true }]);
    expect(told(await rig.history(reader))).toEqual(WHOLE);
    await expectOnce();
  });

  it('that loses the reply to the last write tells the end as it was written', async () => {
    const { gate, reader } = await begun();
    const lost = proxy.loseReplies();
    gate.open();
    await lost;
    expect((await reader.rest()).at(-1)?.data).toMatchObject({ done: true, finish_reason: 'stop' });
    expect(told(await rig.history(reader))).toEqual(WHOLE);
    await expectOnce();
  });

  it('that loses the reply to a claim leaves no conversation busy', async () => {
    rig.ollama.next(answer('one'));
    const { body } = await postJson(rig.url('chat'), { message: 'Hi' });
    const { conversation_id } = body;
    rig.ollama.always(answer('two'));
    const lost = proxy.loseReplies();
    const pending = postJson(rig.url('chat'), { message: 'More', conversation_id });
    await lost;
    const first = await pending;
    if (first.status !== 200) expect(first.body).toMatchObject({ reason: 'store_unavailable' });
    const next = await postJson(rig.url('chat'), { message: 'Again', conversation_id });
    expect(next.status).toBe(200);
    const { body: history } = await getJson(rig.url(`history/${conversation_id}`));
    expect(told(history).filter((line) => line.startsWith('user'))).toEqual(
      ['Hi', ...(first.status === 200 ? ['More'] : []), 'Again'].map(
        (text) => `user complete: ${text}`,
      ),
    );
  });

  it('that stands still does not hold up the tokens', async () => {
    const gate = new Gate();
    rig.ollama.next(script().wait(gate).tokens('a', 'b', 'c', 'd').done());
    const chats = rig.ollama.chats.length;
    const opening = rig.stream();
    await rig.ollama.chat(chats);
    proxy.stall();
    gate.open();
    const reader = await opening;
    expect(textOf(await reader.take(4))).toBe('abcd');
    proxy.flow();
    expect((await reader.rest()).map(({ data }) => data)).toMatchObject([{ done: true }]);
    expect(told(await rig.history(reader))).toEqual(WHOLE);
    await expectOnce();
  });

  it('whose connections are dead without a word is left for new ones', async () => {
    const { gate, reader } = await begun();
    proxy.freeze();
    gate.open();
    expect(textOf(await reader.take(2))).toBe('cd');
    expect((await reader.rest()).map(({ data }) => data)).toMatchObject([{ done: true }]);
    expect(told(await rig.history(reader))).toEqual(WHOLE);
    await expectOnce();
  });

  it('that is slow only makes it slower', async () => {
    proxy.delayMs = 60;
    rig.ollama.next(script().tokens('a', 'b', 'c', 'd').done());
    const reader = await rig.stream();
    expect(textOf(await reader.rest())).toBe('abcd');
    expect(told(await rig.history(reader))).toEqual(WHOLE);
    proxy.delayMs = 0;
  });

  it('survives an administrator who ends every connection', async () => {
    const { gate, reader } = await begun();
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    gate.open();
    expect((await reader.rest()).at(-1)?.data).toMatchObject({ done: true });
    expect(told(await rig.history(reader))).toEqual(WHOLE);
  });

  it('that is away for long gives an error, 503 and not ready, and recovers alone', async () => {
    const { gate, reader } = await begun();
    proxy.refuse();
    proxy.reset();
    gate.open();
    const events = await reader.rest();
    expect(textOf(events)).toBe('cd');
    // Whether the turn is in the history by then nobody knows.
    const conversation = reader.response.headers.get('X-Conversation-Id');
    expect(events.at(-1)?.data).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      reason: 'store_unavailable',
      conversation_id: conversation,
    });
    const refused = await getJson(rig.url('history'));
    expect(refused.body).toMatchObject({ reason: 'store_unavailable' });
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, expect.any(String)]);
    expect((await rig.ready(503)).body).toMatchObject({ dependencies: { store: 'down' } });
    expect(await storeUp()).toBe(0);
    expect((await getJson(rig.url('health/live'))).status).toBe(200);

    await proxy.accept();
    await rig.ready(200);
    expect(await storeUp()).toBe(1);
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    const late = await rig.until(
      `history/${id}`,
      ({ body }) => body?.messages?.[1]?.status === 'failed',
    );
    expect(told(late.body)).toEqual(['user complete: Hi', 'assistant failed: abcd']);
    rig.ollama.next(answer('back'));
    const next = await postJson(rig.url('chat'), { message: 'Hi', conversation_id: id });
    expect(next.body.response).toBe('back');
    await expectOnce();
  });
});

describePostgres('PostgreSQL that is not there at the start', () => {
  it('is waited for: the service listens, says 503, and is ready once it is there', async () => {
    const database = await freshDatabase();
    const proxy = await TcpProxy.before(database.url);
    proxy.refuse();
    const rig = await Rig.start({ HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: proxy.url });
    try {
      await rig.ready(503);
      expect((await getJson(rig.url('health/live'))).status).toBe(200);
      for (const refused of [
        await getJson(rig.url('history')),
        await postJson(rig.url('chat'), { message: 'Hi' }),
      ]) {
        expect(refused.status).toBe(503);
        expect(refused.body).toMatchObject({ reason: 'store_unavailable' });
      }
      await proxy.accept();
      await rig.ready(200);
      rig.ollama.next(answer('there'));
      expect((await postJson(rig.url('chat'), { message: 'Hi' })).body.response).toBe('there');
    } finally {
      await rig.remove();
      proxy.close();
      await database.drop();
    }
  });
});

describePostgres('PostgreSQL that has no connection left', () => {
  it('makes the service say 503, and serves again once there is one', async () => {
    const database = await freshDatabase();
    const proxy = await TcpProxy.before(database.url);
    const role = `few_${randomUUID().slice(0, 8)}`;
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'few' CONNECTION LIMIT 3`);
    await database.query(`GRANT ALL ON SCHEMA public TO ${role}`);
    const url = new URL(proxy.url);
    [url.username, url.password] = [role, 'few'];
    const rig = await Rig.start({
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: url.href,
      HISTORY_DB_POOL: '3',
    });
    const direct = new URL(database.url);
    [direct.username, direct.password] = [role, 'few'];
    const others = Array.from({ length: 3 }, () => new pg.Client(direct.href));
    try {
      await rig.ready(200);
      rig.ollama.next(answer('kept'));
      const { body } = await postJson(rig.url('chat'), { message: 'Hi' });
      proxy.refuse();
      proxy.reset();
      for (const other of others) await other.connect();
      await proxy.accept();
      const refused = await postJson(rig.url('chat'), { message: 'Hi' });
      expect(refused.body).toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
        reason: 'store_unavailable',
      });
      expect((await rig.ready(503)).body.dependencies.store).toBe('down');
      for (const other of others) await other.end();
      await rig.ready(200);
      const history = await getJson(rig.url(`history/${body.conversation_id}`));
      expect(told(history.body)).toEqual(['user complete: Hi', 'assistant complete: kept']);
    } finally {
      await rig.remove();
      proxy.close();
      await database.query(`DROP OWNED BY ${role}`);
      await database.query(`DROP ROLE ${role}`);
      await database.drop();
    }
  });
});
