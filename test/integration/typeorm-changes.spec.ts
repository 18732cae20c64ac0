import { randomUUID } from 'node:crypto';
import type { FeedEntry } from '../../src/store/change-feed.js';
import type { Store } from '../../src/store/store.js';
import {
  createDatabase,
  type SqlTarget,
} from '../../src/store/typeorm/database/create-database.js';
import type { SqlWork } from '../../src/store/typeorm/database/sql-database.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene, T0, titled } from '../contract/store/scene.js';
import { made } from '../contract/store/settings.js';
import { branched } from '../contract/store/trees.js';
import { describePostgres } from '../support/postgres.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ForwardingDatabase } from './forwarding-database.js';
import { POSTGRES_KIND, SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

/** Stops a transaction when its work is done, before it is committed, or the process after a write. */
class HeldDatabase extends ForwardingDatabase {
  /** What the next transaction does then. */
  beforeCommit: (() => Promise<void>) | null = null;
  /** The next write is the last one. */
  diesAfterWrite = false;
  private isDead = false;

  override write = <T>(work: SqlWork<T>) => this.living(() => this.inner.write(work));
  override chained = <T>(work: SqlWork<T>, durable: boolean) =>
    this.living(() => this.inner.chained(work, durable));
  override transaction = <T>(work: SqlWork<T>) =>
    this.living(() =>
      this.inner.transaction(async (session) => {
        const result = await work(session);
        const hold = this.beforeCommit;
        this.beforeCommit = null;
        await hold?.();
        return result;
      }),
    );

  private async living<T>(write: () => Promise<T>): Promise<T> {
    if (this.isDead) throw new Error('The process is dead');
    const result = await write();
    this.isDead = this.diesAfterWrite;
    return result;
  }
}

type Ids = Awaited<ReturnType<typeof branched>>;

/** A change: what is before it, the change itself, and what is told of it. */
type Act = (one: Scene, ids: Ids) => Promise<() => Promise<unknown>>;

const ACTS: [what: string, told: string, act: Act][] = [
  [
    'a conversation is made',
    'conversation.created',
    async ({ conversations, ownerId }) =>
      () =>
        conversations.create(ownerId, made()),
  ],
  [
    'its settings are changed',
    'conversation.changed',
    async ({ conversations, ownerId }, { id, a1 }) =>
      () =>
        conversations.update(ownerId, id, { activeMessageId: a1, tags: ['t'] }, null),
  ],
  [
    'a message is deleted',
    'conversation.changed',
    async ({ conversations, ownerId }, { id, q2 }) =>
      () =>
        conversations.deleteMessage(ownerId, id, q2, null),
  ],
  [
    'a branch is copied',
    'conversation.created',
    async ({ conversations, ownerId }, { id }) =>
      () =>
        conversations.fork(
          ownerId,
          id,
          { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID },
          null,
        ),
  ],
  [
    'a conversation is deleted',
    'conversation.deleted',
    async ({ conversations, ownerId }, { id }) =>
      () =>
        conversations.delete(ownerId, id, null),
  ],
  [
    'there are too many conversations',
    'conversation.deleted',
    async ({ conversations, ownerId }) =>
      () =>
        conversations.removeOldest(ownerId, 0, 'none'),
  ],
  [
    'a turn becomes messages',
    'generation.started',
    async (one, { id }) => {
      const { key, workerId } = await one.claimed(one.reply(id));
      return () => one.generations.commitTurn(key, workerId, T0 + 90_000);
    },
  ],
  [
    'an answer ends',
    'generation.ended',
    async (one, { id }) => {
      const turn = await one.begun(one.reply(id), ['a']);
      return () => one.finish(turn, completed('a'));
    },
  ],
  [
    'a turn becomes messages at its end',
    'generation.started generation.ended',
    async (one, { id, a1 }) => {
      const turn = await one.claimed(one.reply(id, { parentId: a1 }));
      return () => one.finish(turn, completed('a'));
    },
  ],
  [
    'the answer of a dead worker ends',
    'generation.ended',
    async (one, { id }) => {
      const turn = await one.begun(one.reply(id, {}, { workerId: randomUUID() }), ['a']);
      const { key, workerId } = turn;
      return () => one.coordination.endLost(key, workerId, T0 + 99_000);
    },
  ],
];

async function opened(target: SqlTarget) {
  const database = new HeldDatabase(createDatabase(target, new RecordingLogger()));
  const store = new TypeOrmStore(target, new RecordingLogger(), database);
  await store.open();
  return { store, database };
}

/** Holds the next transaction: it is at its commit once `reached` resolves, and goes on after `release`. */
function hold(database: HeldDatabase) {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const reached = new Promise<void>((resolve) => {
    database.beforeCommit = () => {
      resolve();
      return released;
    };
  });
  return { reached, release };
}

async function behind(store: Store, cursor: string): Promise<FeedEntry[]> {
  const entries = await store.changes.after(cursor, 10_000, null);
  if (entries === 'lost') throw new Error('The cursor was lost');
  return entries;
}

/** Their order is that of the numbers in their cursors. */
const numberOf = (cursor: string) => Number(cursor.split('-')[0]);

for (const kind of SQL_KINDS)
  kind.describe(`changes on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    beforeEach(async () => {
      empty = await kind.make();
    });
    afterEach(() => empty.dispose());

    it('begin with a mark of the database, which stays', async () => {
      const ends = new Set<string>();
      for (let n = 0; n < 2; n += 1) {
        const { store } = await opened(empty.target);
        ends.add(await store.changes.end());
        await store.close();
      }
      expect([...ends]).toEqual([expect.stringMatching(/^0-[0-9a-f]{8}$/)]);

      const another = await kind.make();
      const { store } = await opened(another.target);
      const [cursor = ''] = ends;
      expect(await store.changes.after(cursor, 1, null)).toBe('lost');
      await store.close();
      await another.dispose();
    });

    it('are numbered and removed even if nobody reads', async () => {
      const { store } = await opened(empty.target);
      const one = new Scene(store);
      const start = await store.changes.end();
      for (let n = 0; n < 3; n += 1) await one.answered(one.opening());
      await store.changes.sweep(T0 + 60_000);
      expect(await store.changes.after(start, 1, null)).toBe('lost');
      const end = await store.changes.end();
      expect(await empty.query('SELECT number FROM changes')).toHaveLength(1);

      await one.conversations.create(one.ownerId, made());
      const [entry] = await behind(store, end);
      expect(numberOf(entry?.cursor ?? '')).toBeGreaterThan(numberOf(end));
      await store.close();
    });

    it.each(ACTS)('are told if the process dies as soon as %s', async (_what, told, act) => {
      const { store, database } = await opened(empty.target);
      const one = new Scene(store);
      const change = await act(one, await branched(one));
      const start = await store.changes.end();
      database.diesAfterWrite = true;
      // What it would do next may fail.
      await change().catch(() => undefined);
      await store.close();
      const again = await opened(empty.target);
      const entries = await behind(again.store, start);
      expect(entries.map(({ event }) => event.type).join(' ')).toBe(told);
      await again.store.close();
    });

    it('are not told if they are taken back', async () => {
      const { store, database } = await opened(empty.target);
      const one = new Scene(store);
      const start = await store.changes.end();
      const [kept, other] = [made(), made()];
      await one.conversations.create(one.ownerId, kept);
      database.beforeCommit = () => Promise.reject(new Error('No'));
      await expect(one.conversations.create(one.ownerId, other)).rejects.toThrow();
      await one.conversations.update(one.ownerId, kept.id, titled('T'), null);
      const entries = await behind(store, start);
      expect(entries.map(({ conversationId }) => conversationId)).toEqual([kept.id, kept.id]);
      await store.close();
    });
  });

describePostgres('changes that several processes make on PostgreSQL', () => {
  let empty: EmptyDatabase;
  let slow: { store: Store; database: HeldDatabase };
  let quick: Store;
  let one: Scene;
  let start: string;
  beforeEach(async () => {
    empty = await POSTGRES_KIND.make();
    slow = await opened(empty.target);
    quick = (await opened(empty.target)).store;
    one = new Scene(quick);
    start = await quick.changes.end();
  });
  afterEach(async () => {
    await slow.store.close();
    await quick.close();
    await empty.dispose();
  });

  it('are told once they are committed, in the order of their conversation', async () => {
    const { ownerId, conversations } = one;
    const [a, b] = [made(), made()];
    await conversations.create(ownerId, a);
    await conversations.create(ownerId, b);
    const { reached, release } = hold(slow.database);
    const first = slow.store.conversations.update(ownerId, a.id, { tags: ['first'] }, null);
    await reached;
    const second = conversations.update(ownerId, a.id, { tags: ['second'] }, null);
    await conversations.update(ownerId, b.id, { tags: ['quick'] }, null);

    const before = await behind(quick, start);
    expect(before.map(({ conversationId, revision }) => [conversationId, revision])).toEqual([
      [a.id, 1],
      [b.id, 1],
      [b.id, 2],
    ]);
    const cursor = before.at(-1)?.cursor ?? '';
    expect(await behind(slow.store, cursor)).toEqual([]);
    release();
    await Promise.all([first, second]);
    const after = await behind(quick, cursor);
    expect(after.map(({ conversationId, revision }) => [conversationId, revision])).toEqual([
      [a.id, 2],
      [a.id, 3],
    ]);
    expect(await behind(slow.store, start)).toEqual([...before, ...after]);
  });

  it('are all told, once, if a process dies while it numbers them', async () => {
    await one.answered(one.opening());
    const { reached, release } = hold(slow.database);
    const dying = slow.store.changes.end();
    await reached;
    await one.answered(one.opening());
    const waiting = behind(quick, start);
    await empty.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    release();
    await expect(dying).rejects.toThrow();
    const entries = await waiting;
    expect(entries).toHaveLength(6);
    const numbers = entries.map(({ cursor }) => numberOf(cursor));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(await behind(slow.store, start)).toEqual(entries);
  });

  it('are all numbered, however many there are', async () => {
    const owner = `owner-${randomUUID()}`;
    await empty.query(
      `INSERT INTO unnumbered_changes (owner_id, conversation_id, revision, time, events)
       SELECT '${owner}', 'c', n, ${T0}, 'conversation.created' FROM generate_series(1, 2500) n`,
    );
    const ends = await Promise.all([slow.store.changes.end(), quick.changes.end()]);
    const entries = await behind(quick, start);
    expect(new Set(ends)).toEqual(new Set([entries.at(-1)?.cursor]));
    expect(entries.map(({ revision }) => revision)).toEqual(
      Array.from({ length: 2500 }, (_, n) => n + 1),
    );
  });
});
