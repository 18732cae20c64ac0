import { randomUUID } from 'node:crypto';
import type { ConversationUpdate, NewConversation } from '../../../src/store/conversation-store.js';
import { UNNAMED } from '../../../src/domain/conversation.js';
import type { Store } from '../../../src/store/store.js';
import { completed, Scene, T0, titled } from './scene.js';
import { branched } from './trees.js';

export function made(changes: Partial<NewConversation> = {}): NewConversation {
  return {
    id: randomUUID(),
    title: null,
    system: null,
    model: null,
    parameters: null,
    tags: [],
    pinned: false,
    archived: false,
    createdAt: T0,
    ...changes,
  };
}

export const prompt = (content: string) => ({ id: randomUUID(), content, createdAt: T0 + 5 });

export function describeSettings(store: () => Store): void {
  const scene = () => new Scene(store());
  const update = (one: Scene, id: string, changes: ConversationUpdate, expected = null) =>
    one.conversations.update(one.ownerId, id, changes, expected);

  describe('create', () => {
    it('makes an empty conversation with its settings', async () => {
      const one = scene();
      const system = prompt('Be brief');
      const wish = made({
        title: 'Größe 😀',
        system,
        model: 'llama2',
        parameters: { temperature: 0.5, stop: ['a', '\n'], format: { a: null } },
        tags: ['b', 'a', 'ß'],
        pinned: true,
        archived: true,
      });
      await one.conversations.create(one.ownerId, wish);
      expect(await one.conversation(wish.id)).toEqual({
        id: wish.id,
        chatId: null,
        title: 'Größe 😀',
        titleBy: 'user',
        createdAt: T0,
        updatedAt: T0,
        messageCount: 1,
        messageTotal: 1,
        activeMessageId: null,
        activeGenerationId: null,
        revision: 1,
        model: 'llama2',
        tags: ['b', 'a', 'ß'],
        pinned: true,
        archived: true,
        forkedFrom: null,
        disposable: false,
        metadata: null,
        system: 'Be brief',
        parameters: wish.parameters,
        branchLength: 1,
        messages: [
          expect.objectContaining({
            ...system,
            role: 'system',
            status: 'complete',
            parentId: wish.id,
            siblings: [system.id],
          }),
        ],
      });
      expect(await one.listed()).toEqual([wish.id]);
      const other = scene();
      expect(await other.conversations.find(other.ownerId, wish.id)).toBeNull();
    });

    it('is named by its first message, unless its owner named it', async () => {
      const one = scene();
      const [unnamed, named] = [made(), made({ title: 'Mine' })];
      for (const wish of [unnamed, named]) await one.conversations.create(one.ownerId, wish);
      expect(await one.conversation(unnamed.id)).toMatchObject({
        title: UNNAMED,
        titleBy: 'message',
        messages: [],
        messageCount: 0,
        messageTotal: 0,
        system: null,
      });
      for (const { id } of [unnamed, named]) {
        const first = await one.begun(one.reply(id, { title: 'Hello' }));
        await one.finish(first, completed('Hi'));
        await one.answered(one.reply(id, { title: 'And then?', at: T0 + 10_000 }));
      }
      expect(await one.conversation(unnamed.id)).toMatchObject({
        title: 'Hello',
        titleBy: 'message',
        messageCount: 4,
        messageTotal: 4,
        revision: 5,
      });
      expect(await one.conversation(named.id)).toMatchObject({ title: 'Mine', titleBy: 'user' });
    });

    it('puts its first turn behind its system prompt', async () => {
      const one = scene();
      const wish = made({ system: prompt('s') });
      await one.conversations.create(one.ownerId, wish);
      const reply = await one.claimed(one.reply(wish.id, { text: 'q', title: 'q' }));
      await one.finish(reply, completed('a'));
      const { messages, ...head } = await one.conversation(wish.id);
      expect(messages.map(({ content }) => content)).toEqual(['s', 'q', 'a']);
      expect(messages[1]).toMatchObject({ parentId: wish.id });
      expect(head).toMatchObject({
        title: 'q',
        messageCount: 3,
        messageTotal: 3,
        activeMessageId: reply.messageId,
        revision: 2,
      });
    });
  });

  describe('update', () => {
    it('sets what is named and leaves the rest', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening());
      const before = await one.conversation(id);
      const settings = {
        model: 'mistral',
        parameters: { top_p: 0.1 },
        tags: ['work', 'Work'],
        pinned: true,
        archived: true,
      };
      expect(await update(one, id, { ...settings, ...titled('Mine') })).toEqual({
        outcome: 'updated',
      });
      const after = { ...before, ...settings, title: 'Mine', titleBy: 'user', revision: 3 };
      expect(await one.conversation(id)).toEqual(after);
      await update(one, id, { pinned: false });
      expect(await one.conversation(id)).toEqual({ ...after, pinned: false, revision: 4 });
      await update(one, id, { model: null, parameters: null, tags: [] });
      expect(await one.conversation(id)).toEqual({
        ...after,
        pinned: false,
        model: null,
        parameters: null,
        tags: [],
        revision: 5,
      });
      await update(one, id, {});
      expect(await one.conversation(id)).toMatchObject({ revision: 6, title: 'Mine' });
    });

    it('sets, changes and removes the system prompt, for every branch', async () => {
      const one = scene();
      const { id, system, a1, q0 } = await branched(one);
      const contents = async (through: string) => {
        const found = await one.conversations.find(one.ownerId, id, {
          limit: 100,
          branch: { through },
        });
        if (!found || typeof found === 'string') throw new Error('Not found');
        return found.messages.map(({ content }) => content).join(' ');
      };
      await update(one, id, { system: prompt('t') });
      const { messages, ...changed } = await one.conversation(id);
      expect(messages[0]).toMatchObject({
        id: system,
        content: 't',
        role: 'system',
        createdAt: T0,
      });
      expect(changed).toMatchObject({ system: 't', messageCount: 5, messageTotal: 11 });
      expect(await contents(a1)).toBe('t q0 a0 q1 a1');

      await update(one, id, { system: null });
      expect(await one.conversation(id)).toMatchObject({
        system: null,
        messageCount: 4,
        messageTotal: 10,
        messages: [{ id: q0, parentId: id }, {}, {}, {}],
      });
      await update(one, id, { system: null });

      const again = prompt('u');
      await update(one, id, { system: again });
      expect(await contents(a1)).toBe('u q0 a0 q1 a1');
      const found = await one.conversation(id);
      expect(found).toMatchObject({ system: 'u', messageCount: 5, messageTotal: 11 });
      expect(found.messages[0]).toMatchObject({ ...again, siblings: [again.id] });
      expect(await one.conversations.summary(one.ownerId, id)).toMatchObject({ system: 'u' });
    });

    it('gives a list a system prompt later, and takes turns behind it', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening({ text: 'q0' }), 'a0');
      await update(one, id, { system: prompt('s') });
      await one.answered(one.reply(id, { text: 'q1' }), 'a1');
      const { messages, ...head } = await one.conversation(id);
      expect(messages.map(({ content }) => content).join(' ')).toBe('s q0 a0 q1 a1');
      expect(head).toMatchObject({ messageCount: 5, messageTotal: 5, branchLength: 5 });
      expect(messages[1]).toMatchObject({ parentId: id });
      const last = await one.conversations.find(one.ownerId, id, { limit: 4 });
      expect(last).toMatchObject({ messages: [{ content: 'q0' }, {}, {}, {}] });
    });

    it('takes a title of the model only where nobody else named it', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening({ title: 'First' }));
      const byModel = (text: string): ConversationUpdate => ({ title: { text, by: 'model' } });
      await update(one, id, byModel('By the model'));
      expect(await one.conversation(id)).toMatchObject({
        title: 'By the model',
        titleBy: 'model',
        revision: 3,
      });
      await update(one, id, byModel('Again'));
      expect(await one.conversation(id)).toMatchObject({ title: 'By the model', revision: 3 });
      await update(one, id, titled('Mine'));
      await update(one, id, byModel('Again'));
      expect(await one.conversation(id)).toMatchObject({
        title: 'Mine',
        titleBy: 'user',
        revision: 4,
      });
    });

    it('holds while an answer is written', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['So']);
      const { conversationId: id } = turn;
      await update(one, id, { tags: ['t'], system: prompt('s') });
      await one.finish(turn, completed('So it is'));
      expect(await one.conversation(id)).toMatchObject({
        tags: ['t'],
        revision: 3,
        messageCount: 3,
        messages: [{ content: 's' }, { content: 'Hello' }, { content: 'So it is' }],
      });
    });

    it('does not find an unknown conversation, another owner’s, or one only staged', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId } = await one.answered(one.opening());
      const staged = await one.claimed(one.opening());
      const notFound = { outcome: 'not_found' };
      expect(await update(one, randomUUID(), { pinned: true })).toEqual(notFound);
      expect(await update(other, conversationId, { pinned: true })).toEqual(notFound);
      expect(await update(one, staged.conversationId, { pinned: true })).toEqual(notFound);
    });
  });

  describe('revision', () => {
    it('rises with each change, and not with text', async () => {
      const one = scene();
      const turn = await one.begun(one.opening(), ['So']);
      const { conversationId: id, key, workerId } = turn;
      const revision = async () => (await one.conversation(id)).revision;
      expect(await revision()).toBe(1);
      await one.generations.append(workerId, [{ key, firstSeq: 2, tokens: [' it'] }]);
      expect(await revision()).toBe(1);
      await one.finish(turn, completed('So it is'));
      expect(await revision()).toBe(2);
      const whole = await one.claimed(one.reply(id));
      expect(await revision()).toBe(2);
      await one.finish(whole, completed('Whole'));
      expect(await revision()).toBe(3);
      const kept = await one.begun(one.reply(id));
      expect(await revision()).toBe(4);
      await one.finish(kept, completed('Kept'), null, 'record');
      expect(await revision()).toBe(4);
    });

    it('is that which a change may expect, else nothing is done', async () => {
      const one = scene();
      const { conversationId: id, messageId } = await one.answered(one.opening());
      const before = await one.conversation(id);
      const { messages: _m, system: _s, parameters: _p, branchLength: _b, ...summary } = before;
      const conflict = { outcome: 'changed_meanwhile', conversation: summary };
      const { conversations, ownerId } = one;
      const changes = { ...titled('x'), tags: ['t'], system: prompt('s') };
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };

      for (const wrong of [[1], [3, 4]]) {
        expect(await conversations.update(ownerId, id, changes, wrong)).toEqual(conflict);
        expect(await conversations.delete(ownerId, id, wrong)).toEqual(conflict);
        expect(await conversations.deleteMessage(ownerId, id, messageId, wrong)).toEqual(conflict);
        expect(await conversations.fork(ownerId, id, fork, wrong)).toEqual(conflict);
      }
      expect(await one.conversation(id)).toEqual(before);
      expect(await one.listed()).toEqual([id]);

      expect(await conversations.update(ownerId, id, {}, [7, 2])).toEqual({ outcome: 'updated' });
      expect(await conversations.update(ownerId, id, changes, [3])).toEqual({ outcome: 'updated' });
      expect(await conversations.fork(ownerId, id, fork, [4])).toEqual({ outcome: 'forked' });
      expect(await conversations.deleteMessage(ownerId, id, messageId, [4])).toEqual({
        outcome: 'deleted',
        count: 1,
      });
      expect(await conversations.delete(ownerId, id, [5])).toEqual({ outcome: 'deleted' });
      expect(await conversations.delete(ownerId, id, [5])).toEqual({ outcome: 'not_found' });
    });

    it('lets one of several changes win that expect the same', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening());
      const names = Array.from({ length: 8 }, (_, n) => `Name ${n}`);
      const results = await Promise.all(
        names.map((name) => one.conversations.update(one.ownerId, id, titled(name), [2])),
      );
      expect(results.filter(({ outcome }) => outcome === 'updated')).toHaveLength(1);
      const { title, revision } = await one.conversation(id);
      const winner = results.findIndex(({ outcome }) => outcome === 'updated');
      expect([title, revision]).toEqual([names[winner], 3]);
    });
  });

  describe('tags', () => {
    it('are counted over all conversations, by tag', async () => {
      const one = scene();
      const ids: string[] = [];
      for (const tags of [['b', 'a'], ['b'], ['B', 'ä'], []]) {
        const wish = made({ tags });
        await one.conversations.create(one.ownerId, wish);
        ids.push(wish.id);
      }
      await update(one, ids[1] ?? '', { archived: true });
      const counted = (...tags: [string, number][]) => tags.map(([tag, count]) => ({ tag, count }));
      expect(await one.conversations.tags(one.ownerId)).toEqual(
        counted(['B', 1], ['a', 1], ['b', 2], ['ä', 1]),
      );
      await update(one, ids[0] ?? '', { tags: ['c', 'b'] });
      await one.conversations.delete(one.ownerId, ids[2] ?? '', null);
      expect(await one.conversations.tags(one.ownerId)).toEqual(counted(['b', 2], ['c', 1]));
      expect(await scene().conversations.tags(randomUUID())).toEqual([]);
    });
  });
}
