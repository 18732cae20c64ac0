import { randomUUID } from 'node:crypto';
import type { StagedMessage } from '../../../src/domain/generation.js';
import { written, type Piece } from '../../../src/domain/parts.js';
import type { Store } from '../../../src/store/store.js';
import { cancelled, completed, newestFirst, Scene, T0, type StoreUnderTest } from './scene.js';

const CALL: Piece = { toolCall: { id: 'call_1', name: 'look', arguments: { at: 'Köln' } } };
const TOP = { limit: 1000, branch: 'all' } as const;

/** A message that a client named. */
function named(
  clientId: string,
  content = clientId,
  role: StagedMessage['role'] = 'user',
): StagedMessage {
  const nothingElse = { parts: null, images: null, toolAnswer: null };
  return { id: randomUUID(), clientId, role, content, createdAt: T0, ...nothingElse };
}

/** Chats that clients name, with messages that they name, as the wires need them. */
export function describeChats(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('a turn of messages of any role', () => {
    it('becomes what it says, each message below the one before it', async () => {
      const one = scene();
      const said = [
        named('c1', 'What is there?'),
        { ...named('c2', 'Let me see', 'assistant'), parts: written(['Let me see', CALL]).parts },
        { ...named('c3', '{}', 'tool'), toolAnswer: { callId: 'call_1', isError: false } },
        named('c4', 'It is sunny', 'assistant'),
        named('c5', 'And tomorrow?'),
      ];
      const opening = one.opening({ system: 'Be brief' });
      const [system] = opening.turn.messages;
      const messages = [...(system ? [system] : []), ...said];
      const turn = await one.begun({ ...opening, turn: { ...opening.turn, messages } });
      expect(await one.finish(turn, completed('Rain'))).toBe('ended');

      const { conversationId: id } = turn;
      const found = await one.conversation(id);
      expect(found).toMatchObject({ messageCount: 7, messageTotal: 7 });
      expect(found.messages.slice(1, -1)).toMatchObject(
        said.map((message, at) => ({
          ...message,
          parentId: said[at - 1]?.id ?? id,
          status: 'complete',
          model: null,
          finishReason: null,
          usage: null,
          generationId: null,
          seq: null,
        })),
      );
      expect(found.messages[0]).toMatchObject({ clientId: null, parentId: id });
      expect(found.messages.at(-1)).toMatchObject({ clientId: null, parentId: said[4]?.id });
    });

    it('follows a conversation in the same way, also if its end commits it', async () => {
      const one = scene();
      const { conversationId, messageId } = await one.answered(one.opening());
      const messages = [named('a', 'Sure', 'assistant'), named('b', 'Go on')];
      const staged = await one.claimed(one.reply(conversationId, { messages }));
      expect((await one.generations.stagedTurn(staged.key))?.messages).toEqual(messages);
      await one.finish(staged, completed('On it goes'));
      const found = await one.conversation(conversationId);
      expect(found.messages.slice(2)).toMatchObject([
        { ...messages[0], parentId: messageId },
        { ...messages[1], parentId: messages[0]?.id },
        { content: 'On it goes', parentId: messages[1]?.id },
      ]);
      expect(found.messageCount).toBe(5);
    });
  });

  describe('messages that a client named', () => {
    it('are found by either name, in the order made, with whether their branch is active', async () => {
      const one = scene();
      const first = named('first');
      const opening = one.opening({ system: 'Sir' });
      const [system] = opening.turn.messages;
      const messages = [...(system ? [system] : []), first];
      const { conversationId: id, messageId: answer } = await one.answered({
        ...opening,
        turn: { ...opening.turn, messages },
      });
      const [asked, edited] = [named('question'), named('question', 'edited')];
      const later = await one.answered(one.reply(id, { messages: [asked] }));
      await one.answered(one.reply(id, { messages: [edited], parentId: answer, at: T0 + 4000 }));

      const names = ['question', answer, later.messageId, 'first', system?.id ?? '', 'unknown'];
      const locate = (names: string[]) => one.conversations.located(one.ownerId, id, names);
      expect(await locate(names)).toEqual([
        { id: first.id, clientId: 'first', parentId: id, role: 'user', active: true },
        { id: answer, clientId: null, parentId: first.id, role: 'assistant', active: true },
        { id: asked.id, clientId: 'question', parentId: answer, role: 'user', active: false },
        {
          id: later.messageId,
          clientId: null,
          parentId: asked.id,
          role: 'assistant',
          active: false,
        },
        { id: edited.id, clientId: 'question', parentId: answer, role: 'user', active: true },
      ]);
      expect(await locate([edited.id])).toMatchObject([{ id: edited.id }]);
      expect(await locate(['Question', 'question '])).toEqual([]);
      expect(await locate([])).toEqual([]);
      await one.conversations.update(one.ownerId, id, { activeMessageId: asked.id }, null);
      expect(await locate(['question'])).toMatchObject([{ active: true }, { active: false }]);
    });

    it('are found by a thousand names, of which each may be in any script', async () => {
      const one = scene();
      const odd = [named('ключ 😀'), named(`'"\\%_`), named('x'.repeat(100))];
      const opening = one.opening();
      const { conversationId: id } = await one.answered({
        ...opening,
        turn: { ...opening.turn, messages: odd },
      });
      const names: string[] = Array.from({ length: 997 }, () => randomUUID());
      names.push(...odd.map(({ clientId }) => clientId ?? ''));
      const found = await one.conversations.located(one.ownerId, id, names);
      expect(found.map((message) => message.id)).toEqual(odd.map((message) => message.id));
    });

    it('are nobody else’s, and of no other conversation', async () => {
      const [one, other] = [scene(), scene()];
      const opening = one.opening();
      const turn = await one.answered({
        ...opening,
        turn: { ...opening.turn, messages: [named('mine')] },
      });
      const second = await one.answered(one.opening());
      const { conversations } = one;
      const names = ['mine', turn.messageId];
      expect(await conversations.located(one.ownerId, turn.conversationId, names)).toHaveLength(2);
      expect(await conversations.located(one.ownerId, second.conversationId, names)).toEqual([]);
      expect(await conversations.located(one.ownerId, randomUUID(), names)).toEqual([]);
      expect(await conversations.located(other.ownerId, turn.conversationId, names)).toEqual([]);
    });

    it('keep their names in a fork, and through changes of others', async () => {
      const one = scene();
      const opening = one.opening();
      const { conversationId: id } = await one.answered({
        ...opening,
        turn: { ...opening.turn, messages: [named('kept')] },
      });
      const prompt = { id: randomUUID(), content: 'Sir', createdAt: T0 };
      await one.conversations.update(one.ownerId, id, { system: prompt }, null);
      const gone = await one.answered(one.reply(id, { messages: [named('gone')] }));
      const [asked] = gone.turn.messages;
      await one.conversations.deleteMessage(one.ownerId, id, asked?.id ?? '', null);
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, id, fork, null);
      for (const conversation of [id, fork.id]) {
        const { messages } = await one.conversation(conversation);
        expect(messages.map(({ clientId }) => clientId)).toEqual([null, 'kept', null]);
        expect(
          await one.conversations.located(one.ownerId, conversation, ['kept', 'gone']),
        ).toEqual([expect.objectContaining({ id: messages[1]?.id, clientId: 'kept' })]);
      }
    });
  });

  describe('a chat id', () => {
    it('is shown wherever its conversation is, and stays through changes', async () => {
      const one = scene();
      const chatId = `Chat "${'ü'.repeat(90)}"`;
      const { conversationId: id } = await one.answered(one.opening({ chatId }));
      await one.conversations.update(one.ownerId, id, { tags: ['a'] }, null);
      await one.answered(one.reply(id));
      expect(await one.conversation(id)).toMatchObject({ chatId });
      expect(await one.conversations.summary(one.ownerId, id)).toMatchObject({ chatId });
      expect(await one.conversations.summaries(one.ownerId, [id])).toMatchObject([{ chatId }]);
      const page = await one.conversations.list(one.ownerId, newestFirst({}));
      expect(page.conversations).toMatchObject([{ chatId }]);
      expect(await one.conversations.read(one.ownerId, id)).toMatchObject({ chatId });
    });

    it('is none of a conversation that the API makes, nor of a copy', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening({ chatId: 'mine' }));
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, id, fork, null);
      expect(await one.conversation(fork.id)).toMatchObject({ chatId: null });
      const native = await one.answered(one.opening());
      expect(await one.conversation(native.conversationId)).toMatchObject({ chatId: null });
    });

    it.each(['begun', 'staged'])(
      'a second first message that waited for its claim is appended (%s)',
      async (how) => {
        const one = scene();
        const first = await one.answered(one.opening({ chatId: 'mine', title: 'First' }));
        const { conversationId: id, messageId } = first;
        const second = one.opening(
          { chatId: 'mine', title: 'Second', text: 'Me too', system: 'Ignored', at: T0 + 5000 },
          { conversationId: id },
        );
        if (how === 'begun') await one.begun(second);
        else await one.claimed(second);
        expect(await one.finish(second, completed('Yes', T0 + 7000))).toBe('ended');

        expect(await one.transcript(id)).toEqual([
          'user: Hello (complete)',
          'assistant: Hi there (complete)',
          'user: Me too (complete)',
          'assistant: Yes (complete)',
        ]);
        const found = await one.conversation(id);
        expect(found).toMatchObject({ title: 'First', chatId: 'mine', system: null });
        expect(found).toMatchObject({ messageCount: 4, messageTotal: 4, createdAt: T0 });
        expect(found.messages[2]).toMatchObject({ parentId: messageId });
        expect(await one.count()).toBe(1);
        expect(await one.conversations.find(one.ownerId, id, TOP)).toMatchObject({
          messageTotal: 4,
        });
      },
    );

    it('a second one keeps the system prompt of the first', async () => {
      const one = scene();
      const first = await one.answered(one.opening({ chatId: 'mine', system: 'Sir' }));
      const { conversationId } = first;
      const again = one.opening({ chatId: 'mine', system: 'Madam' }, { conversationId });
      await one.answered(again, 'Yes');
      expect(await one.conversation(conversationId)).toMatchObject({
        system: 'Sir',
        messageCount: 5,
        messageTotal: 5,
      });
      expect(await one.transcript(conversationId)).toHaveLength(5);
    });
  });

  describe('the generation that runs in a conversation', () => {
    it('is known also while its turn only opens it, of its owner alone', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId, key, id } = await one.claimed(one.opening({ chatId: 'mine' }));
      const active = (who: Scene) => who.generations.activeIn(who.ownerId, conversationId);
      expect(await active(one)).toBe(id);
      expect(await active(other)).toBeNull();
      await one.generations.commitTurn(key, one.workerId, T0 + 1000);
      expect(await active(one)).toBe(id);
      await one.generations.finish(key, one.workerId, completed('Yes'), null);
      expect(await active(one)).toBeNull();
    });
  });

  describe('the id of a chat that was deleted', () => {
    const wasDeleted = (one: Scene, id: string) => one.conversations.wasDeleted(one.ownerId, id);

    it('is remembered, of its owner alone', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId: id } = await one.answered(one.opening({ chatId: 'mine' }));
      expect(await wasDeleted(one, id)).toBe(false);
      await one.conversations.delete(one.ownerId, id, null);
      expect(await wasDeleted(one, id)).toBe(true);
      expect(await wasDeleted(other, id)).toBe(false);
      expect(await wasDeleted(one, randomUUID())).toBe(false);
    });

    it('is remembered of one that was only staged, or was being answered', async () => {
      const one = scene();
      const staged = await one.claimed(one.opening({ chatId: 'staged' }));
      const begun = await one.begun(one.opening({ chatId: 'begun' }));
      for (const turn of [staged, begun]) {
        await one.conversations.delete(one.ownerId, turn.conversationId, null);
        expect(await one.finish(turn, cancelled(''))).toBe('deleted');
        expect(await wasDeleted(one, turn.conversationId)).toBe(true);
      }
    });

    it('is remembered of the oldest and of the idle that go', async () => {
      const one = scene();
      const oldest = await one.answered(one.opening({ chatId: 'oldest', at: T0 - 2000 }));
      const kept = await one.answered(one.opening({ chatId: 'kept' }));
      const removed = await one.conversations.removeOldest(one.ownerId, 1, kept.conversationId);
      expect(removed).toBe(oldest.conversationId);
      expect(await wasDeleted(one, oldest.conversationId)).toBe(true);

      // Before all conversations of other tests.
      const idle = await one.answered(one.opening({ chatId: 'idle', at: 1000 }));
      await store().idle.removeAll(10_000);
      expect(await one.conversations.summary(one.ownerId, idle.conversationId)).toBeNull();
      expect(await wasDeleted(one, idle.conversationId)).toBe(true);
      expect(await wasDeleted(one, kept.conversationId)).toBe(false);
    });

    it('is not remembered of a conversation without a chat id', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(one.opening());
      await one.conversations.delete(one.ownerId, id, null);
      expect(await wasDeleted(one, id)).toBe(false);
    });
  });
}

/** What of it is there after the process has ended and another has begun, and in moved histories. */
export function describeDurableChats(makeStore: () => Promise<StoreUnderTest>): void {
  describe('chats after a restart', () => {
    it('are as they were, the deleted ones deleted', async () => {
      const subject = await makeStore();
      const one = new Scene(subject.store);
      const opening = one.opening({ chatId: 'mine' });
      const { conversationId: id } = await one.answered({
        ...opening,
        turn: { ...opening.turn, messages: [named('asked'), named('more', 'Yes', 'assistant')] },
      });
      const gone = await one.answered(one.opening({ chatId: 'gone' }));
      await one.conversations.delete(one.ownerId, gone.conversationId, null);
      const before = await one.conversation(id);
      await subject.store.close();

      const again = one.on(await subject.open());
      const { conversations, ownerId } = again;
      expect(await again.conversation(id)).toEqual(before);
      const page = await conversations.list(ownerId, newestFirst({}));
      expect(page.conversations).toMatchObject([{ id, chatId: 'mine' }]);
      expect(await conversations.located(ownerId, id, ['asked'])).toHaveLength(1);
      expect(await conversations.wasDeleted(ownerId, gone.conversationId)).toBe(true);
      await subject.dispose();
    });
  });
}
