import type { Store } from '../../src/store/store.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { createDatabase } from '../../src/store/typeorm/database/create-database.js';
import type { SqlWork } from '../../src/store/typeorm/database/sql-database.js';
import { changesOf } from '../contract/store/changes.js';
import { newestFirst, Scene, T0 } from '../contract/store/scene.js';
import { made } from '../contract/store/settings.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { ForwardingDatabase } from './forwarding-database.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

/** Counts transactions, and does something when the next one has done its work. */
class CountingDatabase extends ForwardingDatabase {
  transactions = 0;
  meanwhile: () => void = () => undefined;

  override transaction = <T>(work: SqlWork<T>) =>
    this.inner.transaction(async (session) => {
      this.transactions += 1;
      const result = await work(session);
      const { meanwhile } = this;
      this.meanwhile = () => undefined;
      meanwhile();
      return result;
    });
}

for (const kind of SQL_KINDS)
  kind.describe(`removals of the oldest conversations on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    let database: CountingDatabase;
    let store: Store;
    let one: Scene;
    beforeAll(async () => {
      empty = await kind.make();
      const logger = new RecordingLogger();
      database = new CountingDatabase(createDatabase(empty.target, logger));
      store = new TypeOrmStore(empty.target, logger, database);
      await store.open();
    });
    beforeEach(() => {
      one = new Scene(store);
    });
    afterAll(async () => {
      await store.close();
      await empty.dispose();
    });

    /** Oldest first. */
    async function some(count: number, changes: Parameters<typeof made>[0] = {}) {
      const all = Array.from({ length: count }, (_, n) => made({ createdAt: T0 + n, ...changes }));
      for (const conversation of all) await one.conversations.create(one.ownerId, conversation);
      database.transactions = 0;
      return all.map(({ id }) => id);
    }

    const remove = (max: number, exceptId = 'none') =>
      one.conversations.removeOldest(one.ownerId, max, exceptId);

    const left = async () =>
      (await one.conversations.list(one.ownerId, newestFirst({ order: 'asc', limit: 100 })))
        .conversations;

    it('are one transaction for all that are asked for at once', async () => {
      const ids = await some(60);
      const removed = await Promise.all(Array.from({ length: 20 }, () => remove(45)));
      expect(removed).toEqual([...ids.slice(0, 15), ...Array(5).fill(null)]);
      expect(database.transactions).toBe(1);
      expect((await left()).map(({ id }) => id)).toEqual(ids.slice(15));

      const start = await store.changes.end();
      database.transactions = 0;
      const more = await Promise.all(Array.from({ length: 45 }, () => remove(0)));
      expect(more).toEqual(ids.slice(15));
      // As many as a transaction takes, and the rest.
      expect(database.transactions).toBe(2);
      const { entries } = await changesOf(store, one.ownerId, start);
      expect(entries.map(({ conversationId, event }) => [conversationId, event.type])).toEqual(
        more.map((id) => [id, 'conversation.deleted']),
      );
    });

    it('are those that would go one after the other', async () => {
      const [a = '', b = '', c = ''] = await some(3);
      const [p = '', q = ''] = await some(2, { pinned: true });
      const removed = await Promise.all([
        remove(4, a),
        remove(1, a),
        remove(1, c),
        remove(3, a),
        remove(1, p),
        remove(0, p),
        remove(0),
      ]);
      expect(removed).toEqual([b, c, a, null, q, null, p]);
      expect(await left()).toEqual([]);
    });

    it('leave nothing of the conversations, and the rest alone', async () => {
      const turns = [];
      for (let n = 0; n < 4; n += 1)
        turns.push(await one.answered(one.opening({ at: T0 + n * 1000 })));
      const [first, second, third, kept] = turns.map(({ conversationId }) => conversationId);
      const removed = await Promise.all([remove(1), remove(1), remove(1)]);
      expect(removed).toEqual([first, second, third]);
      for (const { id, conversationId } of turns) {
        const isKept = conversationId === kept;
        expect(await one.record(id)).toMatchObject({
          conversationDeleted: !isKept,
          response: isKept ? 'Hi there' : '',
        });
        const [messages] = await empty.query<{ n: number | string }>(
          `SELECT COUNT(*) AS n FROM messages WHERE conversation_id = '${conversationId}'`,
        );
        expect(Number(messages?.n)).toBe(isKept ? 2 : 0);
      }
    });

    it('are one transaction for all that come while one runs', async () => {
      const ids = await some(4);
      const rest: Promise<string | null>[] = [];
      database.meanwhile = () => void rest.push(remove(1), remove(1));
      expect(await remove(1)).toBe(ids[0]);
      expect(await Promise.all(rest)).toEqual(ids.slice(1, 3));
      expect(database.transactions).toBe(2);
    });

    it('fail together, and are made by those who ask again', async () => {
      const ids = await some(3);
      database.meanwhile = () => {
        throw new Error('Taken back');
      };
      const asked = await Promise.allSettled([remove(1), remove(1)]);
      expect(asked).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
      expect((await left()).map(({ id }) => id)).toEqual(ids);
      expect(await remove(1)).toBe(ids[0]);
    });
  });
