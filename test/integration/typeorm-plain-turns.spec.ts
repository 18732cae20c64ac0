import type { NewGeneration } from '../../src/domain/generation.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { completed, Scene, T0 } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

/** How a turn becomes messages. */
type Way = (one: Scene, generation: NewGeneration, parentId: string | null) => Promise<void>;

const WAYS: Record<string, Way> = {
  'at its first token': async (one, generation, parentId) => {
    const { key, workerId } = await one.claimed(generation);
    expect(await one.generations.commitTurn(key, workerId, T0 + 1000, parentId)).toBe('committed');
    expect(await one.finish(generation, completed('a'))).toBe('ended');
  },
  'at its end': async (one, generation, parentId) => {
    await one.claimed(generation);
    expect(await one.finish(generation, { ...completed('a'), parentId })).toBe('ended');
  },
};

for (const kind of SQL_KINDS)
  kind.describe(`turns at the end of a conversation on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    let store: TypeOrmStore;
    /** Another worker of the same database, which has not claimed what it ends. */
    let other: TypeOrmStore;
    beforeAll(async () => {
      empty = await kind.make();
      store = new TypeOrmStore(empty.target, new RecordingLogger());
      other = new TypeOrmStore(empty.target, new RecordingLogger());
      await store.open();
      await other.open();
    });
    afterAll(async () => {
      await store.close();
      await other.close();
      await empty.dispose();
    });

    /** All that is stored of a conversation, without ids. */
    async function stored(id: string) {
      const rows = await empty.query<Record<string, unknown>>(
        `SELECT * FROM messages WHERE conversation_id = '${id}' ORDER BY seq`,
      );
      const [head] = await empty.query<Record<string, unknown>>(
        `SELECT * FROM conversations WHERE id = '${id}'`,
      );
      const changes = await empty.query<Record<string, unknown>>(
        `SELECT * FROM ${kind.name === 'SQLite' ? 'changes' : 'unnumbered_changes'}
         WHERE conversation_id = '${id}' ORDER BY ${kind.name === 'SQLite' ? 'number' : 'place'}`,
      );
      const placeOf = (value: unknown) => rows.findIndex((row) => row['id'] === value);
      const without = (row: Record<string, unknown>, names: string[]) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
      return {
        head: head && {
          ...without(head, ['id', 'owner_id']),
          active_id: placeOf(head['active_id']),
        },
        messages: rows.map((row) => ({
          ...without(row, ['id', 'owner_id', 'conversation_id', 'generation_id']),
          parent_id: row['parent_id'] === id ? 'top' : placeOf(row['parent_id']),
        })),
        changes: changes.map(({ events, status, revision, time, message_id: message }) => ({
          ...{ events, status, revision, time },
          message: placeOf(message),
        })),
      };
    }

    for (const [when, becomes] of Object.entries(WAYS)) {
      /** Some turns one after the other, and where each is told to go. */
      const scenario = async (turns: (one: Scene) => Promise<string>) => {
        const ids = [await turns(new Scene(store)), await turns(new TwoWorkers(store, other))];
        const [short, general] = await Promise.all(ids.map((id) => stored(id)));
        expect(short).toEqual(general);
        return short;
      };

      it(`store the same as turns anywhere, ${when}`, async () => {
        const kept = await scenario(async (one) => {
          const first = one.opening({ system: 's', text: 'q0' });
          await becomes(one, first, null);
          const next = one.reply(first.conversationId, { text: 'q1', title: 'No title' });
          await becomes(one, next, first.messageId);
          return first.conversationId;
        });
        expect(kept?.head).toMatchObject({ message_count: 5, message_total: 5, active_id: 4 });
        expect(kept?.messages.map(({ parent_id: parent }) => parent)).toEqual([-1, -1, -1, -1, -1]);
      });

      it(`go where the worker says in a conversation with branches, ${when}`, async () => {
        const kept = await scenario(async (one) => {
          const first = one.opening({ text: 'q0' });
          const [a, b, c] = [0, 1, 2].map((n) =>
            one.reply(first.conversationId, { text: `q${n}` }),
          );
          if (!a || !b || !c) throw new Error('There are three');
          await becomes(one, first, null);
          await becomes(one, a, first.messageId);
          await becomes(one, b, first.messageId);
          await becomes(one, c, b.messageId);
          return first.conversationId;
        });
        expect(kept?.head).toMatchObject({ message_count: 6, message_total: 8, active_id: 7 });
        const parents = kept?.messages.map(({ parent_id: parent }) => parent);
        expect(parents).toEqual([-1, -1, -1, -1, 1, -1, -1, -1]);
      });

      it(`go after messages that were never counted along their branch, ${when}`, async () => {
        await scenario(async (one) => {
          const first = one.opening({ text: 'q0' });
          await becomes(one, first, null);
          const { conversationId: id } = first;
          await empty.query(`UPDATE messages SET depth = NULL WHERE conversation_id = '${id}'`);
          await empty.query(
            `UPDATE conversations SET active_id = NULL, message_total = NULL, system_count = NULL WHERE id = '${id}'`,
          );
          await becomes(one, one.reply(id), first.messageId);
          return id;
        });
      });

      it(`go to the end of the branch if the message is of another conversation, ${when}`, async () => {
        await scenario(async (one) => {
          const [first, foreign] = [one.opening({ text: 'q0' }), one.opening()];
          await becomes(one, first, null);
          await becomes(one, foreign, null);
          await becomes(one, one.reply(first.conversationId), foreign.messageId);
          return first.conversationId;
        });
      });
    }
  });

/** Claims on one store and ends on another. */
class TwoWorkers extends Scene {
  constructor(
    store: TypeOrmStore,
    private readonly second: TypeOrmStore,
  ) {
    super(store);
  }

  override get generations() {
    const { generations } = this.second;
    const claim = this.store.generations.claim.bind(this.store.generations);
    return Object.assign(Object.create(generations), { claim }) as typeof generations;
  }
}
