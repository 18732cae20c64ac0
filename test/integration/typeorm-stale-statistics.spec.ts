import { createDatabase } from '../../src/store/typeorm/database/create-database.js';
import type {
  SqlDatabase,
  SqlSession,
  SqlWork,
} from '../../src/store/typeorm/database/sql-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { Scene, T0 } from '../contract/store/scene.js';
import { describePostgres } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { POSTGRES_KIND, type EmptyDatabase } from './typeorm-databases.js';

const MESSAGES = 4000;
/** Messages of a branch before it goes on at an earlier one. */
const RUN = 40;
/** What an operation may read of them: not what the whole conversation has. */
const FEW = 400;

/** PostgreSQL plans a statement for good after some executions. */
const EXECUTIONS = 8;

/** Counts the messages and generations that are read in each transaction. */
function counting(database: SqlDatabase): { database: SqlDatabase; reads: number[] } {
  const reads: number[] = [];
  const transaction = database.transaction.bind(database);
  const counted = <T>(work: SqlWork<T>): Promise<T> =>
    transaction(async (session) => {
      const before = await readSoFar(session);
      const result = await work(session);
      reads.push((await readSoFar(session)) - before);
      return result;
    });
  Object.assign(database, {
    read: counted,
    lookUp: counted,
    write: counted,
    chained: counted,
    transaction: counted,
  });
  return { database, reads };
}

/** The server's own count, which it begins anew now and then, though not within a transaction. */
async function readSoFar(session: SqlSession): Promise<number> {
  const [row] = await session.query<{ n: string }>(
    `SELECT SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)) AS n FROM pg_stat_xact_user_tables
     WHERE relname IN ('messages', 'generations')`,
  );
  return Number(row?.n);
}

describePostgres('PostgreSQL with statistics of empty tables', () => {
  let empty: EmptyDatabase;
  let store: TypeOrmStore;
  let one: Scene;
  let reads: number[];
  beforeAll(async () => {
    empty = await POSTGRES_KIND.make();
    const logger = new RecordingLogger();
    const counted = counting(createDatabase(empty.target, logger));
    reads = counted.reads;
    store = new TypeOrmStore(empty.target, logger, counted.database);
    await store.open();
    one = new Scene(store);
    for (const table of ['messages', 'conversations', 'generations'])
      await empty.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`);
    await empty.query('ANALYZE');
  });
  afterAll(async () => {
    await store.close();
    await empty.dispose();
  });

  /** A conversation whose messages are `m1`, `m2`, …; every run goes on in the middle of the one before. */
  async function long(branched: boolean): Promise<string> {
    const { conversationId: id } = await one.answered(one.opening({ text: 'q' }));
    const name = (n: string) => `'${id.slice(0, 8)}-' || ${n}`;
    const parent = `CASE WHEN ${branched} AND n > ${RUN} AND n % ${RUN} = 1
      THEN ${name(`(n - ${RUN / 2})`)} END`;
    await empty.query(`
      INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status,
        parent_id, depth)
      SELECT ${name('n')}, '${one.ownerId}', '${id}', n + 10,
        CASE n % 2 WHEN 1 THEN 'user' ELSE 'assistant' END, 'text', ${T0}, 'complete', ${parent},
        2 + ${branched ? `((n - 1) / ${RUN}) * ${RUN / 2} + (n - 1) % ${RUN} + 1` : 'n'}
      FROM generate_series(1, ${MESSAGES}) n`);
    await empty.query(`
      UPDATE conversations SET message_total = ${MESSAGES + 2}, active_id = ${name(String(MESSAGES))},
        message_count = 2 + ${branched ? (MESSAGES / RUN - 1) * (RUN / 2) + RUN : MESSAGES}
      WHERE id = '${id}'`);
    return id;
  }

  for (const branched of [false, true])
    it(`reads few messages of a conversation ${branched ? 'with many branches' : 'without branches'}`, async () => {
      const id = await long(branched);
      const { conversations, ownerId } = one;
      const message = (n: number) => `${id.slice(0, 8)}-${n}`;
      const window = { limit: 30 };
      const operations: Record<string, (n: number) => Promise<unknown>> = {
        find: () => conversations.find(ownerId, id, window),
        before: (n) => conversations.find(ownerId, id, { ...window, before: message(3000 + n) }),
        upTo: (n) =>
          conversations.find(ownerId, id, { ...window, branch: { upTo: message(2000 + n) } }),
        summary: () => conversations.summary(ownerId, id),
        list: () =>
          conversations.list(ownerId, {
            ...{ archived: false, pinned: null, tag: null, sort: 'createdAt', order: 'asc' },
            ...{ limit: 10, from: { offset: 0 }, until: null },
          }),
        title: (n) =>
          conversations.update(ownerId, id, { title: { text: `t${n}`, by: 'user' } }, null),
        turn: async (n) => {
          const { activeMessageId } = (await conversations.summary(ownerId, id)) ?? {};
          const reply = await one.claimed(one.reply(id, { text: `q${n}` }));
          const { key, workerId } = reply;
          await one.generations.commitTurn(key, workerId, T0 + 1000, activeMessageId);
          await one.generations.abandon(key, workerId);
          await empty.query(`UPDATE generations SET conversation_lock = NULL WHERE key = '${key}'`);
        },
        'turn to the end': (n) => one.answered(one.reply(id, { text: `q${n}` })),
        edit: (n) =>
          one.answered(one.reply(id, { text: `e${n}`, parentId: message(1000 + 2 * n) })),
        regenerate: (n) => one.answered(one.regeneration(id, message(1501 + 2 * n))),
      };
      const most: Record<string, number> = {};
      for (const [name, operation] of Object.entries(operations))
        for (let n = 0; n < EXECUTIONS; n += 1) {
          reads.length = 0;
          await operation(n);
          most[name] = Math.max(most[name] ?? 0, ...reads);
        }
      expect(reads.length).toBeGreaterThan(0);
      expect(Object.entries(most).filter(([, count]) => count > FEW)).toEqual([]);
    }, 60_000);

  it('reads few generations for the slot of a stream', async () => {
    const slots = [`${one.workerId}:1`, `${one.workerId}:2`];
    const claim = async (): Promise<number> => {
      reads.length = 0;
      const { key, workerId } = await one.claimed(one.opening({}, { slots }));
      const most = Math.max(...reads);
      await one.generations.abandon(key, workerId);
      return most;
    };
    for (let n = 0; n < EXECUTIONS; n += 1) await claim();
    await empty.query(`
      INSERT INTO generations (key, owner_id, public_id, conversation_id, message_id, model, worker_id,
        on_disconnect, status, phase, created_at, finished_at)
      SELECT 'ended-' || n, '${one.ownerId}', 'ended-' || n, 'c-' || n, 'm-' || n, 'm', 'w', 'cancel',
        'completed', 'ended', ${T0}, ${T0} FROM generate_series(1, ${MESSAGES}) n`);
    expect(await claim()).toBeLessThan(FEW);
  });
});
