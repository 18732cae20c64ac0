import { randomUUID } from 'node:crypto';
import type { NewGeneration } from '../../src/domain/generation.js';
import type { MovedConversation } from '../../src/store/history-transfer.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { batch, completed, Scene, T0 } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { SQL_KINDS, type EmptyDatabase } from './typeorm-databases.js';

const PARTS = { list: [{ thinking: 'Hm' }, { text: 3 }], thinkingMs: 5 };
const AFTER = T0 + 99_000;
const ALL = { limit: 1000, branch: 'all' } as const;

for (const kind of SQL_KINDS)
  kind.describe(`what is kept on ${kind.name}`, () => {
    let empty: EmptyDatabase;
    let store: TypeOrmStore;
    let one: Scene;
    beforeAll(async () => {
      empty = await kind.make();
      store = new TypeOrmStore(empty.target, new RecordingLogger());
      await store.open();
    });
    afterAll(async () => {
      await store.close();
      await empty.dispose();
    });
    beforeEach(() => {
      one = new Scene(store);
    });

    const keptOpening = (overrides: Partial<NewGeneration> = {}) =>
      one.opening({ text: 'q' }, { isKept: true, echo: '{}', ...overrides });
    const answered = async (generation: NewGeneration) => {
      const turn = await one.begun(generation, ['Y']);
      const end = { ...completed('Yes'), parts: PARTS };
      expect(await one.finish(turn, end, batch(turn.key, 2, ['es']))).toBe('ended');
      return turn;
    };
    const sweepLogs = () => one.generations.sweep({ logsBefore: AFTER, rowsBefore: 0 });
    const sweepRows = () => one.generations.sweep({ logsBefore: AFTER, rowsBefore: AFTER });
    const rowOf = async ({ key }: NewGeneration) => {
      const [row] = await empty.query<Record<string, unknown>>(
        `SELECT * FROM generations WHERE key = '${key}'`,
      );
      return row;
    };

    it('has its texts once, in its message, and still in its record', async () => {
      const idempotency = { key: randomUUID(), fingerprint: 'f' };
      const turn = await answered(keptOpening({ idempotency }));
      const before = await one.record(turn.id);
      await sweepLogs();
      expect(await rowOf(turn)).toMatchObject({
        ...{ response: '', parts: null, user_content: null, new_title: null, echo: '{}' },
      });
      expect(await one.record(turn.id)).toEqual(before);
      expect(before).toMatchObject({ response: 'Yes', parts: PARTS });
      expect(await one.generations.claim(keptOpening({ idempotency }))).toEqual({
        outcome: 'idempotent',
        generation: before,
      });
      const [update] = await one.coordination.follow([{ key: turn.key, after: 0 }]);
      expect(update?.ended).toEqual(before);
      await sweepRows();
      expect(await one.record(turn.id)).toEqual(before);
    });

    it('has its texts in its row where the message lacks them', async () => {
      const turn = await one.begun(keptOpening(), ['Y']);
      const { key, workerId } = turn;
      const end = { ...completed('Yes'), parts: PARTS };
      await one.generations.finish(key, workerId, end, null, 'record');
      await sweepRows();
      expect(await one.record(turn.id)).toMatchObject({ response: 'Yes', parts: PARTS });
      const { messages } = await one.conversation(turn.conversationId);
      expect(messages.at(-1)).toMatchObject({ content: 'Yes', parts: PARTS, status: 'complete' });
    });

    it('is a row like others after its conversation was replaced or removed from elsewhere', async () => {
      const turns = [await answered(keptOpening()), await answered(keptOpening())];
      await sweepRows();
      const [replaced, removed] = turns.map(({ conversationId }) => conversationId);
      const moved = await movedOf(replaced ?? '');
      const { writer } = store.transfer;
      await writer.put(moved.conversation, () => moved.pages());
      await writer.remove(one.ownerId, removed ?? '');
      await sweepRows();
      for (const { id } of turns) expect(await one.generations.find(one.ownerId, id)).toBeNull();
      expect((await one.conversation(replaced ?? '')).messages).toHaveLength(2);
    });

    it('counts among what has ended since, when its log is gone, too', async () => {
      const late = AFTER + 1_000_000;
      const turn = await one.claimed(keptOpening());
      await one.finish(turn, { ...completed('Yes'), finishedAt: late });
      await one.generations.sweep({ logsBefore: late + 1, rowsBefore: late + 1 });
      expect(await one.coordination.isBusySince(late - 1)).toBe(true);
      expect(await one.coordination.isBusySince(late)).toBe(false);
    });

    /** As a history reads it. */
    async function movedOf(id: string) {
      const found = await one.conversations.find(one.ownerId, id, ALL);
      if (!found || typeof found === 'string') throw new Error('Not found');
      const { messages } = found;
      const conversation: MovedConversation = { ...found, ownerId: one.ownerId };
      async function* pages() {
        yield messages;
      }
      return { conversation, pages };
    }
  });
