import { randomUUID } from 'node:crypto';
import type { NewGeneration } from '../../src/domain/generation.js';
import type { MovedConversation } from '../../src/store/history-transfer.js';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { batch, completed, Scene, T0 } from '../contract/store/scene.js';
import { branched } from '../contract/store/trees.js';
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

    it('is read as it was where it was moved: an active end inside, none, metadata', async () => {
      const look = async (id: string) => [
        await one.conversation(id),
        await one.conversations.find(one.ownerId, id, ALL),
        await one.conversations.summary(one.ownerId, id),
      ];
      const inside = await branched(one);
      await one.conversations.takeOut(one.ownerId, inside.id, [inside.a3, inside.a0, inside.b0]);
      const bare = await answered(keptOpening());
      const id = bare.conversationId;
      const edited = await one.answered(one.reply(id, { text: 'r', parentId: id }));
      const gone = [edited.answerParentId, edited.messageId];
      await one.conversations.takeOut(one.ownerId, id, gone);
      await one.conversations.update(one.ownerId, id, { metadata: { a: 'ü' } }, null);
      for (const each of [inside.id, id]) {
        const before = await look(each);
        const moved = await movedOf(each);
        await store.transfer.writer.put(moved.conversation, () => moved.pages());
        expect(await look(each)).toEqual(before);
      }
      expect(await one.conversation(id)).toMatchObject({
        ...{ activeMessageId: null, disposable: true, metadata: { a: 'ü' }, messageTotal: 2 },
        ...{ messages: [] },
      });
      await one.answered(one.reply(id, { text: 'q2', at: T0 + 50_000 }), 'a2');
      expect(await one.transcript(id)).toEqual(['user: q2 (complete)', 'assistant: a2 (complete)']);
    });

    it('keeps an active end inside when another branch is deleted', async () => {
      const first = await one.answered(one.opening({ text: 'q' }), 'a');
      const { conversationId: id, answerParentId: question, messageId: answer } = first;
      const [b, c] = [
        await one.answered(one.regeneration(id, question, T0 + 10_000), 'b'),
        await one.answered(one.regeneration(id, question, T0 + 20_000), 'c'),
      ];
      await one.conversations.takeOut(one.ownerId, id, [c.messageId]);
      await one.conversations.deleteMessage(one.ownerId, id, b.messageId, null);
      expect(await one.transcript(id)).toEqual(['user: q (complete)']);
      expect(await one.branch(id, 'all')).toEqual([question, answer]);
      expect(await one.conversation(id)).toMatchObject({
        ...{ activeMessageId: question, messageCount: 1, messageTotal: 2 },
      });
    });
  });
