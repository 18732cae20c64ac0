import { randomUUID } from 'node:crypto';
import type { Message } from '../../../src/domain/conversation.js';
import type { NewGeneration } from '../../../src/domain/generation.js';
import type { MessageWindow } from '../../../src/store/conversation-store.js';
import type { Store } from '../../../src/store/store.js';
import { completed, newestFirst, Scene, T0, titled } from './scene.js';

export function describeHistory(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('list', () => {
    it('is empty for an owner without conversations', async () => {
      const one = scene();
      const page = await one.conversations.list(one.ownerId, newestFirst({ limit: 10, offset: 0 }));
      expect(page).toEqual({ conversations: [], total: 0 });
      expect(await one.count()).toBe(0);
    });

    it('orders by last change, newest first, ties by id', async () => {
      const one = scene();
      const at = [T0 + 3000, T0, T0 + 9000, T0, T0, T0 + 3000];
      const turns: NewGeneration[] = [];
      for (const moment of at) turns.push(await one.answered(one.opening({ at: moment })));

      const ids = (moment: number) =>
        turns.filter((_, n) => at[n] === moment).map(({ conversationId }) => conversationId);
      expect(await one.listed()).toEqual([
        ...ids(T0 + 9000),
        ...ids(T0 + 3000).sort(),
        ...ids(T0).sort(),
      ]);
    });

    it('pages with offset and limit, and knows the total', async () => {
      const one = scene();
      for (let n = 0; n < 5; n++) await one.answered(one.opening({ at: T0 + n * 1000 }));
      const all = await one.listed();
      const page = (limit: number, offset: number) =>
        one.conversations.list(one.ownerId, newestFirst({ limit, offset }));

      for (const [limit, offset] of [
        [2, 0],
        [2, 2],
        [2, 4],
        [1, 3],
        [100, 1],
      ] as const) {
        const { conversations, total } = await page(limit, offset);
        expect(conversations.map(({ id }) => id)).toEqual(all.slice(offset, offset + limit));
        expect(total).toBe(5);
      }
      expect(await page(10, 5)).toEqual({ conversations: [], total: 5 });
      expect(await page(10, 1_000_000)).toEqual({ conversations: [], total: 5 });
      expect(await one.count()).toBe(5);
      expect((await one.conversations.countByOwner()).get(one.ownerId)).toBe(5);
    });

    it('shows each conversation’s summary', async () => {
      const one = scene();
      const first = await one.answered(one.opening({ system: 'Sir', title: 'Talk' }));
      const running = await one.claimed(one.reply(first.conversationId));

      expect(
        await one.conversations.list(one.ownerId, newestFirst({ limit: 10, offset: 0 })),
      ).toEqual({
        total: 1,
        conversations: [
          {
            id: first.conversationId,
            chatId: null,
            title: 'Talk',
            createdAt: T0,
            updatedAt: T0 + 2000,
            titleBy: 'message',
            messageCount: 3,
            messageTotal: 3,
            activeMessageId: first.messageId,
            activeGenerationId: running.id,
            revision: 2,
            model: null,
            tags: [],
            pinned: false,
            archived: false,
            forkedFrom: null,
            disposable: false,
            metadata: null,
          },
        ],
      });
      await one.finish(running, completed('Done', T0 + 8000));
      const page = await one.conversations.list(one.ownerId, newestFirst({ limit: 10, offset: 0 }));
      expect(page.conversations).toMatchObject([
        { messageCount: 5, updatedAt: T0 + 8000, activeGenerationId: null },
      ]);
    });
  });

  describe('find', () => {
    async function fiveTurns(one: Scene) {
      const { conversationId } = await one.answered(one.opening({ system: 's', text: 'q0' }), 'a0');
      for (let n = 1; n < 5; n++)
        await one.answered(one.reply(conversationId, { text: `q${n}` }), `a${n}`);
      return one.conversation(conversationId);
    }

    it('knows nothing of an unknown conversation or another owner’s', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId } = await one.answered(one.opening());
      expect(await one.conversations.find(one.ownerId, randomUUID())).toBeNull();
      expect(await other.conversations.find(other.ownerId, conversationId)).toBeNull();
      expect(
        await other.conversations.find(other.ownerId, conversationId, { limit: 1, before: 'x' }),
      ).toBeNull();
    });

    it('reads the newest messages, and those before one', async () => {
      const one = scene();
      const { id, messages } = await fiveTurns(one);
      const ids = messages.map((message) => message.id);
      const window = async (limit: number, before?: number) => {
        const found = await one.conversations.find(one.ownerId, id, {
          limit,
          ...(before === undefined ? {} : { before: ids[before] ?? '' }),
        });
        if (!found || typeof found === 'string') throw new Error('Not found');
        expect(found.messageCount).toBe(11);
        return found.messages;
      };

      expect(await window(4)).toEqual(messages.slice(-4));
      expect(await window(11)).toEqual(messages);
      expect(await window(100)).toEqual(messages);
      expect(await window(3, 7)).toEqual(messages.slice(4, 7));
      expect(await window(1, 10)).toEqual(messages.slice(9, 10));
      expect(await window(100, 2)).toEqual(messages.slice(0, 2));
      expect(await window(5, 1)).toEqual(messages.slice(0, 1));
      expect(await window(5, 0)).toEqual([]);
    });

    it('says when the message before is none of this conversation', async () => {
      const one = scene();
      const { id } = await fiveTurns(one);
      const elsewhere = await one.answered(one.opening());
      for (const before of [randomUUID(), elsewhere.messageId, 'x'])
        expect(await one.conversations.find(one.ownerId, id, { limit: 5, before })).toBe(
          'message_not_found',
        );
    });

    it('keeps odd texts and titles as they are', async () => {
      const one = scene();
      const odd = [
        'a "b" \'c\' `d` \\ \\n \\u0041',
        ' leading, trailing ',
        'line\nline\r\nline\ttab\u2028separator',
        'עברית עם English و عربي \u202e reversed',
        '100%_sure; DROP TABLE messages; -- $1 ? :x {{y}}',
        '😀'.repeat(10_000),
        'e\u0301 é 👩‍👩‍👧‍👦 🏳️‍🌈 \ufeff',
        '{"a":[null,{"__proto__":1}]}',
        '[object Object] null undefined NaN',
      ];
      for (const text of odd) {
        const title = [...text].slice(0, 200).join('');
        const turn = await one.answered(one.opening({ text, title, system: text }), text);
        const conversation = await one.conversation(turn.conversationId);
        expect(conversation.title).toBe(title);
        expect(conversation.messages.map(({ content }) => content)).toEqual([text, text, text]);
        expect(await one.record(turn.id)).toMatchObject({ response: text });
      }
    });

    it('reads a long conversation whole and by its end', async () => {
      const one = scene();
      const { conversationId } = await one.answered(one.opening({ text: 'q0' }), 'a0');
      for (let n = 1; n < 1000; n++) {
        const reply = await one.claimed(one.reply(conversationId, { text: `q${n}` }));
        await one.finish(reply, completed(`a${n}`));
      }

      const { messages, messageCount } = await one.conversation(conversationId);
      expect(messageCount).toBe(2000);
      expect(messages.map(({ content }) => content)).toEqual(
        Array.from({ length: 2000 }, (_, n) => `${n % 2 ? 'a' : 'q'}${n >> 1}`),
      );
      const end = await one.conversations.find(one.ownerId, conversationId, { limit: 2 });
      expect(end).toMatchObject({ messages: [{ content: 'q999' }, { content: 'a999' }] });

      const pages = await pagesOf(one, conversationId);
      expect(pages.flat()).toEqual(messages);
      expect(pages.length).toBeGreaterThan(3);
      const before = messages[1900]?.id ?? '';
      const part = await pagesOf(one, conversationId, { limit: 300, before });
      expect(part.flat()).toEqual(messages.slice(1600, 1900));
    }, 120_000);

    it('reads page by page what a window shows, and a message that is being written', async () => {
      const one = scene();
      const { id, messages } = await fiveTurns(one);
      const running = await one.begun(one.reply(id), ['So', ' far']);
      expect((await pagesOf(one, id)).flat()).toMatchObject([
        ...messages,
        { role: 'user' },
        { id: running.messageId, content: 'So far', status: 'streaming', seq: 2 },
      ]);
      const before = messages[2]?.id ?? '';
      expect((await pagesOf(one, id, { before })).flat()).toEqual(messages.slice(0, 2));
      expect((await pagesOf(one, id, { limit: 1, before })).flat()).toEqual([messages[1]]);
      const other = scene();
      expect(await other.conversations.read(other.ownerId, id)).toBeNull();
      expect(await one.conversations.read(one.ownerId, id, { before: 'x' })).toBe(
        'message_not_found',
      );
    });

    it('reads few long messages at a time', async () => {
      const one = scene();
      const long = 'x'.repeat(200_000);
      const { conversationId } = await one.answered(one.opening({ text: 'q' }), long);
      for (let n = 1; n < 40; n++) await one.answered(one.reply(conversationId), long);
      const pages = await pagesOf(one, conversationId);
      expect(pages.flat()).toHaveLength(80);
      for (const page of pages.slice(1)) expect(page.length).toBeLessThan(10);
    });

    it('knows its settings without its messages', async () => {
      const one = scene();
      const sworn = await one.answered(one.opening({ system: 'Be brief' }));
      const plain = await one.answered(one.opening());
      const { conversations, ownerId } = one;
      const summary = (id: string, owner = ownerId) => conversations.summary(owner, id);
      const {
        messages: _messages,
        branchLength: _length,
        ...head
      } = await one.conversation(sworn.conversationId);
      expect(await summary(sworn.conversationId)).toEqual(head);
      expect(head).toMatchObject({ system: 'Be brief', parameters: null });
      expect(await summary(plain.conversationId)).toMatchObject({ system: null });
      expect(await summary(randomUUID())).toBeNull();
      expect(await summary(sworn.conversationId, 'another')).toBeNull();
    });
  });

  describe('rename', () => {
    it('changes the title and not the place in the list', async () => {
      const one = scene();
      const old = await one.answered(one.opening({ at: T0 }));
      const recent = await one.answered(one.opening({ at: T0 + 1000 }));
      const before = await one.conversation(old.conversationId);

      const title = 'Größe "1" 😀 %_';
      expect(
        await one.conversations.update(one.ownerId, old.conversationId, titled(title), null),
      ).toEqual({ outcome: 'updated' });

      expect(await one.conversation(old.conversationId)).toEqual({
        ...before,
        title,
        titleBy: 'user',
        revision: before.revision + 1,
      });
      expect(await one.listed()).toEqual([recent.conversationId, old.conversationId]);
    });

    it('holds while an answer is written', async () => {
      const one = scene();
      const turn = await one.begun(one.opening());
      expect(
        await one.conversations.update(one.ownerId, turn.conversationId, titled('New'), null),
      ).toEqual({ outcome: 'updated' });
      await one.finish(turn, completed('Done'));
      expect(await one.conversation(turn.conversationId)).toMatchObject({
        title: 'New',
        messages: [{}, { content: 'Done' }],
      });
    });

    it('is refused for an unknown conversation, another owner’s and one only staged', async () => {
      const [one, other] = [scene(), scene()];
      const { conversationId } = await one.answered(one.opening());
      const staged = await one.claimed(one.opening());
      const { conversations } = one;
      expect(await conversations.update(one.ownerId, randomUUID(), titled('x'), null)).toEqual({
        outcome: 'not_found',
      });
      expect(await conversations.update(other.ownerId, conversationId, titled('x'), null)).toEqual({
        outcome: 'not_found',
      });
      expect(
        await conversations.update(one.ownerId, staged.conversationId, titled('x'), null),
      ).toEqual({ outcome: 'not_found' });
      expect((await one.conversation(conversationId)).title).toBe('A title');
    });
  });
}

/** The pages of a conversation, which must be there. */
async function pagesOf(one: Scene, id: string, window?: Partial<MessageWindow>) {
  const reading = await one.conversations.read(one.ownerId, id, window);
  if (!reading || typeof reading === 'string') throw new Error(`No conversation: ${reading}`);
  const pages: Message[][] = [];
  for await (const page of reading.pages) pages.push(page);
  return pages;
}
