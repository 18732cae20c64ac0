import { randomUUID } from 'node:crypto';
import type { Store } from '../../src/store/store.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { createDatabase } from '../../src/store/typeorm/database/create-database.js';
import type { SqlSession, SqlWork } from '../../src/store/typeorm/database/sql-database.js';
import { batch, completed, newestFirst, said, Scene, T0 } from '../contract/store/scene.js';
import { made } from '../contract/store/settings.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ForwardingDatabase } from './forwarding-database.js';
import { accessesOf, type Access, type Statement } from './query-plans.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

/** Passes everything on and keeps the statements. */
class RecordingDatabase extends ForwardingDatabase {
  readonly statements: Statement[] = [];

  override read = <T>(work: SqlWork<T>) =>
    this.inner.read((session) => work(this.recorded(session)));
  override lookUp = <T>(work: SqlWork<T>) =>
    this.inner.lookUp((session) => work(this.recorded(session)));
  override coordinate = <T>(work: SqlWork<T>, changes: boolean) =>
    this.inner.coordinate((session) => work(this.recorded(session)), changes);
  override write = <T>(work: SqlWork<T>) =>
    this.inner.write((session) => work(this.recorded(session)));
  override chained = <T>(work: SqlWork<T>, promised: boolean) =>
    this.inner.chained((session) => work(this.recorded(session)), promised);
  override transaction = <T>(work: SqlWork<T>) =>
    this.inner.transaction((session) => work(this.recorded(session)));

  /** The session with its own `query` replaced, which its chained writes go through too. */
  private recorded(session: SqlSession): SqlSession {
    const spy: SqlSession = Object.create(session);
    spy.query = (sql, parameters = []) => {
      this.statements.push({ sql, parameters });
      return session.query(sql, parameters);
    };
    return spy;
  }
}

/** Tables that grow, and what the statements call them (SQLite's plans say only that). */
const LARGE =
  /^(conversations|conversation_tags|messages|generation_log|generations|changes|unnumbered_changes|[bceg-qstwx])$/;

/** Reads that go over a whole table by their nature. */
const WHOLE = /FROM workers/;

/** Reads that are about all that a worker runs. */
const OF_A_WORKER = /FROM generations( g)? WHERE worker_id = \$1 AND conversation_lock IS NOT NULL/;

for (const kind of SQL_KINDS)
  kind.describe(`plans on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    let database: RecordingDatabase;
    let store: Store;
    beforeAll(async () => {
      empty = await kind.make();
      const logger = new RecordingLogger();
      database = new RecordingDatabase(createDatabase(empty.target, logger));
      store = new TypeOrmStore(empty.target, logger, database);
      await store.open();
    });
    afterAll(async () => {
      await store.close();
      await empty.dispose();
    });

    const plan = (statement: Statement) => accessesOf(database, statement);

    /** What goes along branches, and what is set, copied, deleted and listed. */
    async function branches(one: Scene): Promise<void> {
      const { conversations, ownerId } = one;
      const first = await one.answered(one.opening({ system: 's' }));
      const { conversationId: id, messageId } = first;
      const [, question = ''] = await one.branch(id);
      const next = await one.claimed(one.reply(id, { text: 'q1' }));
      await one.generations.commitTurn(next.key, next.workerId, T0 + 1000, messageId);
      await one.finish(next, completed('a1'));
      const whole = await one.claimed(one.reply(id, { text: 'q2' }));
      await one.finish(whole, { ...completed('a2'), parentId: next.messageId });
      const again = await one.answered(one.regeneration(id, question));
      for (const before of [undefined, again.messageId])
        for (const branch of [
          undefined,
          'all' as const,
          { upTo: messageId },
          { through: messageId },
        ]) {
          const window = { limit: 10, ...(before && { before }), ...(branch && { branch }) };
          await conversations.find(ownerId, id, window);
          const reading = await conversations.read(ownerId, id, window);
          if (!reading || typeof reading === 'string') throw new Error('Not found');
          for await (const page of reading.pages) expect(page.length).toBeGreaterThan(0);
        }
      await conversations.summary(ownerId, id);
      await conversations.update(
        ownerId,
        id,
        { title: { text: 't', by: 'user' }, tags: ['x', 'y'] },
        [4],
      );
      await conversations.update(ownerId, id, { archived: true, system: null }, null);
      await conversations.update(ownerId, id, { activeMessageId: messageId, model: 'm' }, null);
      const copy = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await conversations.fork(ownerId, id, copy, null);
      await conversations.tags(ownerId);
      for (const tag of [null, 'x'])
        for (const archived of [null, true])
          for (const order of ['asc', 'desc'] as const)
            for (const sort of ['updatedAt', 'createdAt'] as const)
              for (const from of [{ offset: 0 }, { offset: 200 }, { after: { time: T0, id: 'c' } }])
                await conversations.list(ownerId, {
                  ...newestFirst({ archived, tag, order, sort, limit: 10 }),
                  from,
                });
      await conversations.append(ownerId, id, [said('user', 'q3'), said('assistant', 'a3')], T0);
      await conversations.takeOut(ownerId, id, [messageId, again.messageId]);
      await conversations.deleteMessage(ownerId, id, next.messageId, null);
    }

    /** By statements for several. */
    async function removedTogether(): Promise<void> {
      const { conversations, ownerId } = new Scene(store);
      for (let n = 0; n < 4; n += 1) await conversations.create(ownerId, made());
      const removals = Array.from({ length: 3 }, () => conversations.removeOldest(ownerId, 1, ''));
      expect(await Promise.all(removals)).not.toContain(null);
    }

    async function everything(one: Scene): Promise<Statement[]> {
      const { generations, coordination, conversations, ownerId, workerId } = one;
      const slots = [`${workerId}:1`, `${workerId}:2`];
      const idempotency = { key: workerId, fingerprint: 'f' };
      const first = await one.begun(one.opening({ system: 's' }, { slots, idempotency }), ['a']);
      await generations.claim(one.opening({}, { idempotency }));
      await generations.append(workerId, [batch(first.key, 2, ['b'])]);
      await generations.readLog(first.key, 1);
      await generations.find(ownerId, first.id);
      await generations.findByIdempotencyKey(ownerId, workerId);
      await coordination.requestUnreadStop(ownerId, first.id);
      await coordination.hasUnreadStop(first.key);
      await coordination.refuseUnreadStop(first.key);
      await coordination.requestCancel(ownerId, first.id);
      await coordination.watch(first.key, 'another', true);
      await coordination.follow([{ key: first.key, after: 1 }]);
      await coordination.signals(workerId);
      await coordination.watch(first.key, 'another', false);
      await conversations.find(ownerId, first.conversationId);
      await one.finish(first, completed('abc'), batch(first.key, 3, ['c']));
      await conversations.find(ownerId, first.conversationId, {
        limit: 1,
        before: first.messageId,
      });
      await conversations.list(ownerId, newestFirst({ limit: 10, offset: 5 }));
      const second = await one.answered(one.opening());
      await conversations.removeOldest(ownerId, 1, second.conversationId);
      await removedTogether();
      const kept = await one.answered(one.opening({}, { isKept: true }));
      await conversations.delete(ownerId, second.conversationId, null);
      await branches(one);
      const abandoned = await one.claimed(one.opening());
      await generations.abandon(abandoned.key, workerId);
      await one.begun(one.opening());
      for (const key of await coordination.forgetWorker(workerId, 0))
        await coordination.endLost(key, workerId, T0 + 9000);
      const start = await store.changes.end();
      await conversations.create(ownerId, made());
      await store.changes.after(start, 10, ownerId);
      await store.changes.after(start, 10, null);
      await conversations.summaries(ownerId, [first.conversationId]);
      await store.changes.sweep(T0 + 10_000);
      await generations.sweep({ logsBefore: T0 + 10_000, rowsBefore: 0 });
      await generations.find(ownerId, kept.id);
      await generations.sweep({ logsBefore: 0, rowsBefore: T0 + 10_000 });
      await generations.erase(kept.key);
      return database.statements.splice(0);
    }

    it('read no table from end to end', async () => {
      const statements = await everything(new Scene(store));
      const distinct = [...new Map(statements.map((each) => [each.sql, each])).values()];
      expect(distinct.length).toBeGreaterThan(25);

      const scans: string[] = [];
      for (const statement of distinct.filter(({ sql }) => !WHOLE.test(sql)))
        for (const { table, index } of await plan(statement))
          if (index === null && LARGE.test(table)) scans.push(`${table}: ${statement.sql}`);
      expect(scans).toEqual([]);
    });

    it('find a generation by its key, not among all that run', async () => {
      database.statements.length = 0;
      const statements = await everything(new Scene(store));
      // A server that has just ended everything takes the index of what runs for nearly free.
      if (kind.name === 'PostgreSQL') await empty.query('VACUUM ANALYZE generations');

      const among: string[] = [];
      for (const statement of statements)
        if ((await plan(statement)).some(({ index }) => index === 'ix_generations_running'))
          among.push(statement.sql);
      expect(among.filter((sql) => !OF_A_WORKER.test(sql))).toEqual([]);
    });

    describe('where many generations are kept', () => {
      const SIZE = 300;
      let one: Scene;
      beforeAll(async () => {
        one = new Scene(store);
        for (let n = 0; n < SIZE; n += 1)
          await one.answered(one.opening({ at: T0 + n }, { isKept: n % 10 > 0 }));
        await one.generations.sweep({ logsBefore: T0 + 90_000, rowsBefore: 0 });
        if (kind.name === 'PostgreSQL') await empty.query('VACUUM ANALYZE');
        database.statements.length = 0;
      });

      /** How the statements with a text in them go to a table. */
      async function accesses(text: string): Promise<Access[]> {
        const found = database.statements.splice(0).filter(({ sql }) => sql.includes(text));
        expect(found).not.toEqual([]);
        return (await Promise.all(found.map(plan))).flat();
      }

      it('go past them to the rows that are to be removed', async () => {
        const left = async () => {
          const [row] = await empty.query<{ n: string | number }>(
            `SELECT COUNT(*) AS n FROM generations WHERE owner_id = '${one.ownerId}'`,
          );
          return Number(row?.n);
        };
        expect(await left()).toBe(SIZE);
        await one.generations.sweep({ logsBefore: 0, rowsBefore: T0 + 90_000 });
        expect(await left()).toBe((SIZE / 10) * 9);
        expect(await accesses('swept AND kept = FALSE')).toEqual([
          expect.objectContaining({
            index: 'ix_generations_swept',
            condition: expect.stringMatching(/kept.*finished_at ?</),
            isSorted: false,
          }),
        ]);
      });

      it('find what a removed conversation leaves by its id, not among all of its owner', async () => {
        const { conversationId } = await one.answered(one.opening());
        await one.conversations.delete(one.ownerId, conversationId, null);
        const found = await accesses('conversation_id ');
        const ofGenerations = found.filter(({ table }) => table === 'generations');
        expect(ofGenerations.length).toBeGreaterThan(1);
        for (const { condition } of ofGenerations)
          expect(condition).toMatch(/(conversation_id|key)/);
      });

      it('find the first to go of an owner among the disposable ones', async () => {
        const [first = ''] = (
          await one.conversations.list(one.ownerId, newestFirst({ order: 'asc', limit: 2 }))
        ).conversations.map(({ id }) => id);
        // By statements for several.
        const removals = Array.from({ length: 3 }, () =>
          one.conversations.removeOldest(one.ownerId, 1, first),
        );
        for (const removed of await Promise.all(removals))
          expect(await one.conversations.summary(one.ownerId, removed ?? '')).toBeNull();
        expect(await accesses('c.disposable AND NOT c.pinned')).toContainEqual(
          expect.objectContaining({ index: 'ix_conversations_disposable', isSorted: false }),
        );
      });
    });

    describe('of the list', () => {
      const SIZE = 300;
      let one: Scene;
      beforeAll(async () => {
        one = new Scene(store);
        // Three at a time have the same moment, so that ids decide.
        for (let n = 0; n < SIZE; n += 1) {
          const at = T0 + Math.floor(n / 3);
          await one.finish(await one.claimed(one.opening({ at })), completed('x', at));
        }
        if (kind.name === 'PostgreSQL') await empty.query('VACUUM ANALYZE');
      });

      async function pagePlan(offset: number, archived: boolean | null = false): Promise<Access[]> {
        database.statements.length = 0;
        const request = newestFirst({ limit: 10, offset });
        await one.conversations.list(one.ownerId, { ...request, archived });
        const [page] = database.statements;
        return plan(page ?? { sql: '', parameters: [] });
      }

      const RECENT = { index: 'ix_conversations_recent', isIndexOnly: true };
      const CONVERSATIONS = expect.stringMatching(/^(conversations|c)$/);

      it('count off what comes before a deep page on an index alone, in its order', async () => {
        const found = (await pagePlan(200)).filter(({ within }) => within === 'found');
        expect(found).toEqual([
          expect.objectContaining({ ...RECENT, table: CONVERSATIONS, isSorted: false }),
        ]);
      });

      it('merge archived ones and others where both are asked for', async () => {
        const found = (await pagePlan(200, null)).filter(({ within }) => within === 'found');
        const half = { ...RECENT, condition: expect.stringContaining('archived') };
        expect(found.filter(({ table }) => CONVERSATIONS.asymmetricMatch(table))).toEqual([
          expect.objectContaining(half),
          expect.objectContaining(half),
        ]);
      });

      it('count for the total only what comes behind a deep page, on the same index', async () => {
        expect(await pagePlan(200)).toContainEqual(
          expect.objectContaining({
            ...RECENT,
            condition: expect.stringMatching(/owner_id ?= ?.*updated_at ?< ?/),
          }),
        );
      });

      it('give the same list and total at every depth', async () => {
        const list = (limit: number, offset: number) =>
          one.conversations.list(one.ownerId, newestFirst({ limit, offset }));
        const { conversations: all } = await list(SIZE, 0);
        expect(all).toHaveLength(SIZE);
        for (let offset = 0; offset <= SIZE + 40; offset += 20)
          for (const limit of [1, 19, SIZE])
            expect(await list(limit, offset)).toEqual({
              total: SIZE,
              conversations: all.slice(offset, offset + limit),
            });
      });
    });
  });
