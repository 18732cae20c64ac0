import { randomUUID } from 'node:crypto';
import type { ListFilter } from '../../../src/store/conversation-store.js';
import type { Store } from '../../../src/store/store.js';
import { newestFirst, said, Scene, T0, titled } from './scene.js';
import { made, prompt } from './settings.js';
import { branched } from './trees.js';

export function describeLists(store: () => Store): void {
  const scene = () => new Scene(store());

  /** Twelve conversations; number n is made at second n, changed at second `changed[n]`. */
  async function twelve(one: Scene) {
    const changed = [3, 3, 9, 1, 1, 1, 7, 7, 0, 20, 12, 3];
    const ids: string[] = [];
    for (const [n, second] of changed.entries()) {
      const wish = made({
        createdAt: T0 + n * 1000,
        archived: n % 3 === 0,
        pinned: n % 4 === 0,
        tags: n % 2 === 0 ? ['even', `n${n}`] : ['odd'],
      });
      await one.conversations.create(one.ownerId, wish);
      const reply = await one.claimed(one.reply(wish.id));
      const { key, workerId } = reply;
      await one.generations.commitTurn(key, workerId, T0 + second * 1000);
      ids.push(wish.id);
    }
    return ids.map((id, n) => ({ id, n, second: changed[n] ?? 0 }));
  }

  type Listed = Awaited<ReturnType<typeof twelve>>[number];

  const matches = ({ archived = null, pinned = null, tag = null }: Partial<ListFilter>) => {
    return ({ n }: Listed) =>
      (archived === null || archived === (n % 3 === 0)) &&
      (pinned === null || pinned === (n % 4 === 0)) &&
      (tag === null || tag === (n % 2 === 0 ? 'even' : 'odd') || tag === (n % 2 ? '' : `n${n}`));
  };

  const ordered = (all: Listed[], { sort = 'updatedAt', order = 'desc' }: Partial<ListFilter>) => {
    const time = ({ n, second }: Listed) => (sort === 'createdAt' ? n : second);
    const sign = order === 'desc' ? -1 : 1;
    return [...all].sort((a, b) => sign * (time(a) - time(b)) || (a.id < b.id ? -1 : 1));
  };

  const FILTERS: Partial<ListFilter>[] = [
    {},
    { archived: false },
    { archived: true },
    { pinned: true },
    { pinned: false, archived: false },
    { tag: 'even' },
    { tag: 'odd', archived: false },
    { tag: 'n4', pinned: true },
    { tag: 'Even' },
    { tag: 'even', archived: true, pinned: false },
  ];

  describe('a filtered list', () => {
    it('has what matches, in each order, with its total', async () => {
      const one = scene();
      const all = await twelve(one);
      for (const filter of FILTERS)
        for (const sort of ['updatedAt', 'createdAt'] as const)
          for (const order of ['desc', 'asc'] as const) {
            const wanted = { ...filter, sort, order };
            const expected = ordered(all.filter(matches(filter)), wanted).map(({ id }) => id);
            const page = await one.conversations.list(one.ownerId, newestFirst(wanted));
            expect(page.conversations.map(({ id }) => id)).toEqual(expected);
            expect(page.total).toBe(expected.length);
            const part = await one.conversations.list(
              one.ownerId,
              newestFirst({ ...wanted, limit: 2, offset: 1 }),
            );
            expect(part.conversations.map(({ id }) => id)).toEqual(expected.slice(1, 3));
            expect(part.total).toBe(expected.length);
          }
    });

    it('is walked from place to place, whatever is deleted or touched meanwhile', async () => {
      const one = scene();
      const all = await twelve(one);
      for (const filter of FILTERS)
        for (const sort of ['updatedAt', 'createdAt'] as const)
          for (const order of ['desc', 'asc'] as const) {
            const wanted = { ...newestFirst({ ...filter, sort, order }), limit: 2 };
            const expected = ordered(all.filter(matches(filter)), wanted).map(({ id }) => id);
            const seen: string[] = [];
            let from: (typeof wanted)['from'] = { offset: 0 };
            for (;;) {
              const page = await one.conversations.list(one.ownerId, { ...wanted, from });
              expect(page.total).toBe(expected.length);
              const last = page.conversations.at(-1);
              if (!last) break;
              seen.push(...page.conversations.map(({ id }) => id));
              from = { after: { time: last[sort], id: last.id } };
            }
            expect(seen).toEqual(expected);
          }
      const [a, b] = ordered(all, {});
      await one.conversations.delete(one.ownerId, a?.id ?? '', null);
      const after = { time: T0 + (a?.second ?? 0) * 1000, id: a?.id ?? '' };
      const page = await one.conversations.list(one.ownerId, {
        ...newestFirst({ limit: 1 }),
        from: { after },
      });
      expect(page.conversations.map(({ id }) => id)).toEqual([b?.id]);
    });

    it('leaves out what was touched since', async () => {
      const one = scene();
      const all = await twelve(one);
      const until = T0 + 9000;
      const wanted = newestFirst({ order: 'asc' });
      const page = await one.conversations.list(one.ownerId, { ...wanted, until });
      const expected = ordered(all, { order: 'asc' }).filter(({ second }) => second <= 9);
      expect(page.conversations.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      expect(page.total).toBe(12);
    });

    it('shows changed settings at once', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening());
      const ids = async (filter: Partial<ListFilter>) =>
        (await one.conversations.list(one.ownerId, newestFirst(filter))).conversations.length;
      await one.conversations.update(one.ownerId, id, { archived: true, tags: ['x'] }, null);
      expect([await ids({ archived: false }), await ids({ archived: true })]).toEqual([0, 1]);
      expect(await ids({ tag: 'x', archived: true })).toBe(1);
      await one.conversations.update(one.ownerId, id, { archived: false, tags: ['y'] }, null);
      expect([await ids({ tag: 'x' }), await ids({ tag: 'y', archived: false })]).toEqual([0, 1]);
    });
  });

  describe('removeOldest', () => {
    it('removes what is not pinned first', async () => {
      const one = scene();
      const made: string[] = [];
      for (let n = 0; n < 4; n += 1)
        made.push((await one.answered(one.opening({ at: T0 + n * 10_000 }))).conversationId);
      const [a = '', b = '', c = '', d = ''] = made;
      for (const id of [a, c])
        await one.conversations.update(one.ownerId, id, { pinned: true }, null);
      const oldest = () => one.conversations.removeOldest(one.ownerId, 0, d);
      expect([await oldest(), await oldest(), await oldest(), await oldest()]).toEqual([
        b,
        a,
        c,
        null,
      ]);
    });
  });

  describe('deleteMessage', () => {
    const remove = (one: Scene, id: string, message: string) =>
      one.conversations.deleteMessage(one.ownerId, id, message, null);
    const texts = async (one: Scene, id: string) =>
      (await one.conversation(id)).messages.map(({ content }) => content).join(' ');

    it('takes a message and all below it, and leaves the active branch where it can', async () => {
      const one = scene();
      const { id, q2, a0, b0, q1 } = await branched(one);
      const before = await one.conversation(id);
      expect(await remove(one, id, q2)).toEqual({ outcome: 'deleted', count: 3 });
      expect(await texts(one, id)).toBe('s q0 b0 q3 a3');
      expect(await one.conversation(id)).toMatchObject({
        messageCount: 5,
        messageTotal: 8,
        revision: before.revision + 1,
        updatedAt: before.updatedAt,
      });
      const all = await one.conversations.find(one.ownerId, id, { limit: 100, branch: 'all' });
      expect(all).toMatchObject({ branchLength: 8 });
      const through = await one.conversations.find(one.ownerId, id, {
        limit: 2,
        branch: { through: a0 },
      });
      expect(through).toMatchObject({ messages: [{ id: q1, siblings: [q1] }, { content: 'a1' }] });
      expect(await remove(one, id, q2)).toEqual({ outcome: 'message_not_found' });

      // The newest that is left below its parent is the end now.
      expect(await remove(one, id, b0)).toEqual({ outcome: 'deleted', count: 3 });
      expect(await texts(one, id)).toBe('s q0 a0 q1 a1');
      expect(await one.conversation(id)).toMatchObject({ messageCount: 5, messageTotal: 5 });
    });

    it('goes up to the parent, and to nothing', async () => {
      const one = scene();
      const { id, q0, a3, q3, system } = await branched(one);
      expect(await remove(one, id, a3)).toEqual({ outcome: 'deleted', count: 1 });
      expect(await texts(one, id)).toBe('s q0 b0 q3');
      expect(await one.conversation(id)).toMatchObject({ activeMessageId: q3, messageCount: 4 });
      expect(await remove(one, id, system)).toEqual({ outcome: 'system_prompt' });
      expect(await remove(one, id, randomUUID())).toEqual({ outcome: 'message_not_found' });
      expect(await remove(one, id, q0)).toEqual({ outcome: 'deleted', count: 9 });
      expect(await one.conversation(id)).toMatchObject({
        activeMessageId: null,
        messageCount: 1,
        messageTotal: 1,
        messages: [{ content: 's' }],
      });
      await one.answered(one.reply(id, { text: 'q9' }), 'a9');
      expect(await texts(one, id)).toBe('s q9 a9');
    });

    it('lets turns go on after it, on every branch', async () => {
      const one = scene();
      const { id, a0, b0, q2 } = await branched(one);
      await remove(one, id, q2);
      await one.answered(one.reply(id, { text: 'q4', parentId: a0 }), 'a4');
      expect(await texts(one, id)).toBe('s q0 a0 q4 a4');
      await one.answered(one.reply(id, { text: 'q5', parentId: b0 }), 'a5');
      expect(await texts(one, id)).toBe('s q0 b0 q5 a5');
      const { messages } = await one.conversation(id);
      expect(messages.map(({ siblings }) => siblings.length)).toEqual([1, 1, 2, 2, 1]);
    });

    it('takes what the generations of the deleted messages have, and of no others', async () => {
      const one = scene();
      const kept = await one.answered(one.opening(), 'kept');
      const { conversationId: id } = kept;
      const gone = await one.answered(one.reply(id, { at: T0 + 5000 }), 'secret');
      const { answerParentId: question } = gone;
      const again = await one.answered(one.regeneration(id, question, T0 + 10_000), 'secret');
      const other = await one.answered(one.opening(), 'other');
      const keys = [kept, gone, again, other].map(({ key }) => key);

      await one.conversations.deleteMessage(one.ownerId, id, question, [99]);
      expect(await one.generations.deletedAmong(keys)).toEqual([]);
      expect(await one.tokens(again.key)).toEqual(['secret']);

      expect(await remove(one, id, again.messageId)).toEqual({ outcome: 'deleted', count: 1 });
      expect(await one.generations.deletedAmong(keys)).toEqual([again.key]);
      expect(await remove(one, id, question)).toEqual({ outcome: 'deleted', count: 2 });
      expect((await one.generations.deletedAmong(keys)).sort()).toEqual(
        [again.key, gone.key].sort(),
      );
      for (const turn of [gone, again]) {
        expect(await one.record(turn.id)).toMatchObject({
          status: 'completed',
          conversationDeleted: true,
          response: '',
          parts: null,
        });
        expect(await one.tokens(turn.key)).toEqual([]);
      }
      for (const [turn, text] of [
        [kept, 'kept'],
        [other, 'other'],
      ] as const) {
        expect(await one.record(turn.id)).toMatchObject({
          conversationDeleted: false,
          response: text,
        });
        expect(await one.tokens(turn.key)).toEqual([text]);
      }
    });

    it('is refused while a generation runs or waits', async () => {
      const one = scene();
      const first = await one.answered(one.opening());
      const running = await one.claimed(one.reply(first.conversationId));
      expect(await remove(one, first.conversationId, first.messageId)).toEqual({
        outcome: 'busy',
        activeGenerationId: running.id,
      });
      expect((await one.conversation(first.conversationId)).messages).toHaveLength(2);
      const other = scene();
      expect(await remove(other, first.conversationId, first.messageId)).toEqual({
        outcome: 'not_found',
      });
    });
  });

  describe('fork', () => {
    const copied = (messages: object[]) =>
      messages.map((message) => ({
        ...message,
        id: null,
        parentId: null,
        siblings: null,
        generationId: null,
      }));

    it('copies a branch with its settings into a conversation of its own', async () => {
      const one = scene();
      const { id, a2, system } = await branched(one);
      await one.conversations.update(
        one.ownerId,
        id,
        {
          ...titled('Mine'),
          model: 'mistral',
          parameters: { top_p: 0.1 },
          tags: ['t'],
          pinned: true,
          archived: true,
        },
        null,
      );
      const source = await one.conversations.find(one.ownerId, id, {
        limit: 100,
        branch: { upTo: a2 },
      });
      if (!source || typeof source === 'string') throw new Error('Not found');
      const fork = {
        messageId: a2,
        id: randomUUID(),
        createdAt: T0 + 99_000,
        newId: () => randomUUID(),
      };
      const before = await one.conversation(id);
      expect(await one.conversations.fork(one.ownerId, id, fork, null)).toEqual({
        outcome: 'forked',
      });
      expect(await one.conversation(id)).toEqual(before);
      const { messages, ...head } = await one.conversation(fork.id);
      expect(head).toEqual({
        id: fork.id,
        chatId: null,
        title: 'Mine',
        titleBy: 'user',
        createdAt: T0 + 99_000,
        updatedAt: T0 + 99_000,
        messageCount: 5,
        messageTotal: 5,
        activeMessageId: messages.at(-1)?.id,
        activeGenerationId: null,
        revision: 1,
        model: 'mistral',
        parameters: { top_p: 0.1 },
        tags: ['t'],
        pinned: false,
        archived: false,
        forkedFrom: { conversationId: id, messageId: a2 },
        disposable: false,
        metadata: null,
        system: 's',
        branchLength: 5,
      });
      expect(copied(messages)).toEqual(copied(source.messages));
      const ids = messages.map((message) => message.id);
      expect(new Set([...ids, ...source.messages.map((message) => message.id)]).size).toBe(10);
      expect(messages.map(({ parentId }) => parentId)).toEqual([
        fork.id,
        fork.id,
        ...ids.slice(1, 4),
      ]);
      expect(messages.map(({ siblings }) => siblings)).toEqual(ids.map((each) => [each]));
      expect(messages.every(({ generationId }) => generationId === null)).toBe(true);
      expect(await one.conversations.tags(one.ownerId)).toEqual([{ tag: 't', count: 2 }]);

      await one.answered(one.reply(fork.id, { text: 'q9' }), 'a9');
      await one.conversations.delete(one.ownerId, id, null);
      expect((await one.conversation(fork.id)).messages).toHaveLength(7);
      expect((await one.conversation(fork.id)).messages[0]?.id).not.toBe(system);
    });

    it('copies the active branch unless it is told a message', async () => {
      const one = scene();
      const { id, a3 } = await branched(one);
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, id, fork, null);
      const { messages, forkedFrom } = await one.conversation(fork.id);
      expect(messages.map(({ content }) => content).join(' ')).toBe('s q0 b0 q3 a3');
      expect(forkedFrom).toEqual({ conversationId: id, messageId: a3 });
      const empty = made({ system: prompt('only') });
      await one.conversations.create(one.ownerId, empty);
      const copy = { ...fork, id: randomUUID() };
      await one.conversations.fork(one.ownerId, empty.id, copy, null);
      expect(await one.conversation(copy.id)).toMatchObject({
        forkedFrom: { conversationId: empty.id, messageId: null },
        messages: [{ content: 'only' }],
        titleBy: 'message',
      });
    });

    it('waits for no answer, and copies none that is being written', async () => {
      const one = scene();
      const { id, a1, a3 } = await branched(one);
      const running = await one.begun(one.reply(id, { text: 'q4', parentId: a1 }), ['So']);
      const fork = (messageId: string | null) =>
        one.conversations.fork(
          one.ownerId,
          id,
          { messageId, id: randomUUID(), createdAt: T0, newId: randomUUID },
          null,
        );
      const busy = { outcome: 'busy', activeGenerationId: running.id };
      expect(await fork(null)).toEqual(busy);
      expect(await fork(running.messageId)).toEqual(busy);
      expect(await fork(a3)).toEqual({ outcome: 'forked' });
      expect(await fork(running.answerParentId)).toEqual({ outcome: 'forked' });
      expect(await fork(randomUUID())).toEqual({ outcome: 'message_not_found' });
      const other = scene();
      expect(
        await other.conversations.fork(
          other.ownerId,
          id,
          { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID },
          null,
        ),
      ).toEqual({ outcome: 'not_found' });
    });

    it('keeps what messages have beside their text', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening());
      const result = { ...said('user', 'r'), role: 'tool' as const };
      const messages = [{ ...result, toolAnswer: { callId: 'c', isError: true } }];
      await one.answered(one.reply(id, { messages }));
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, id, fork, null);
      expect((await one.conversation(fork.id)).messages[2]).toMatchObject({
        role: 'tool',
        toolAnswer: { callId: 'c', isError: true },
      });
    });
  });
}
