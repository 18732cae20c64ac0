import { randomUUID } from 'node:crypto';
import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { CURSOR, type FeedEntry } from '../../../src/store/change-feed.js';
import type { Store } from '../../../src/store/store.js';
import { batch, cancelled, completed, failed, Scene, T0, titled } from './scene.js';
import { made, prompt } from './settings.js';
import { branched } from './trees.js';
import type { StoreUnderTest } from './scene.js';

/** All changes of an owner behind a cursor, read a few at a time, and the cursor behind them. */
export async function changesOf(
  store: Store,
  ownerId: string,
  cursor: string,
): Promise<{ entries: FeedEntry[]; cursor: string }> {
  const entries: FeedEntry[] = [];
  for (let at = cursor; ;) {
    const page = await store.changes.after(at, 3, ownerId);
    if (page === 'lost') throw new Error('The cursor was lost');
    const last = page.at(-1);
    if (!last) return { entries, cursor: at };
    entries.push(...page);
    at = last.cursor;
  }
}

const told = (entries: FeedEntry[]) =>
  entries.map(({ event, revision }) =>
    event.type === 'conversation.changed'
      ? `${event.type} ${event.changed.join(',')} ${revision}`
      : 'status' in event
        ? `${event.type} ${event.status} ${revision}`
        : `${event.type} ${revision}`,
  );

export function describeChanges(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('the feed of changes', () => {
    it('tells what happens to a conversation, once and in order', async () => {
      const one = scene();
      const start = await store().changes.end();
      const turn = await one.begun(one.opening());
      const { conversationId: id, ownerId } = turn;
      await one.finish(turn, completed('Hi', T0 + 2000));
      await one.conversations.update(
        ownerId,
        id,
        { ...titled('Mine'), tags: ['t'], system: prompt('s'), pinned: true, archived: false },
        null,
      );
      await one.conversations.update(ownerId, id, { activeMessageId: turn.messageId }, null);
      await one.conversations.update(ownerId, id, {}, null);
      const reply = await one.claimed(one.reply(id, { at: T0 + 10_000 }));
      await one.finish(reply, cancelled('no', T0 + 12_000));
      await one.conversations.deleteMessage(ownerId, id, reply.messageId, null);
      await one.conversations.delete(ownerId, id, null);

      const { entries } = await changesOf(store(), ownerId, start);
      expect(told(entries)).toEqual([
        'conversation.created 1',
        'generation.started running 1',
        'generation.ended completed 2',
        'conversation.changed title,system,tags,pinned,archived 3',
        'conversation.changed active_message_id 4',
        'generation.started running 6',
        'generation.ended cancelled 6',
        'conversation.changed messages 7',
        'conversation.deleted 7',
      ]);
      expect(entries[1]).toMatchObject({
        ownerId,
        conversationId: id,
        time: T0 + 1000,
        event: { generationId: turn.id, messageId: turn.messageId },
      });
      expect(entries[2]).toMatchObject({ time: T0 + 2000 });
      for (const { cursor } of entries) expect(cursor).toMatch(CURSOR);
      expect(new Set(entries.map(({ cursor }) => cursor)).size).toBe(entries.length);
    });

    it('tells of conversations that are made, copied, named by a model, and removed', async () => {
      const one = scene();
      const { ownerId, conversations } = one;
      const start = await store().changes.end();
      const first = made();
      await conversations.create(ownerId, first);
      await conversations.update(ownerId, first.id, { title: { text: 'T', by: 'model' } }, null);
      await conversations.update(ownerId, first.id, { title: { text: 'U', by: 'model' } }, null);
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await conversations.fork(ownerId, first.id, fork, null);
      await conversations.removeOldest(ownerId, 1, fork.id);
      const { entries } = await changesOf(store(), ownerId, start);
      expect(entries.map(({ conversationId, event }) => [conversationId, event.type])).toEqual([
        [first.id, 'conversation.created'],
        [first.id, 'conversation.changed'],
        [fork.id, 'conversation.created'],
        [first.id, 'conversation.deleted'],
      ]);
    });

    it('tells nothing of what keeps nothing, is refused, or was told before', async () => {
      const one = scene();
      const { id, a1 } = await branched(one);
      const start = await store().changes.end();
      const { conversations, generations, ownerId } = one;
      await one.finish(await one.claimed(one.opening()), failed('', false));
      await one.finish(await one.claimed(one.opening()), failed('x'), null, 'record');
      await one.finish(await one.claimed(one.regeneration(id, a1)), cancelled(''));
      await conversations.update(ownerId, id, titled('x'), [99]);
      await conversations.delete(ownerId, id, [99]);
      await conversations.deleteMessage(ownerId, id, 'unknown', null);
      const abandoned = await one.claimed(one.opening());
      await generations.abandon(abandoned.key, abandoned.workerId);
      await conversations.delete(ownerId, randomUUID(), null);
      const staged = await one.claimed(one.opening());
      await conversations.delete(ownerId, staged.conversationId, null);
      await one.finish(staged, cancelled('x'));
      expect((await changesOf(store(), ownerId, start)).entries).toEqual([]);

      const turn = await one.begun(one.reply(id));
      await generations.commitTurn(turn.key, turn.workerId, T0 + 5000);
      await one.finish(turn, completed('a'));
      await one.finish(turn, completed('a'));
      const { entries } = await changesOf(store(), ownerId, start);
      expect(entries.map(({ event }) => event.type)).toEqual([
        'generation.started',
        'generation.ended',
      ]);
    });

    it('tells the end of what a dead worker left, and an end without its messages', async () => {
      const one = scene();
      const start = await store().changes.end();
      const { ownerId } = one;
      const lost = one.on(one.store);
      const turn = await one.begun(one.opening({}, { workerId: randomUUID() }), ['a']);
      await lost.reap(0, T0 + 30_000, turn.workerId);
      const kept = await one.begun(one.opening());
      await one.finish(kept, failed('x'), null, 'record');
      const { entries } = await changesOf(store(), ownerId, start);
      expect(told(entries)).toEqual([
        'conversation.created 1',
        'generation.started running 1',
        'generation.ended failed 2',
        'conversation.created 1',
        'generation.started running 1',
        'generation.ended failed 1',
      ]);
    });

    it('goes on behind each cursor, for one owner and for all', async () => {
      const [one, other] = [scene(), scene()];
      const start = await store().changes.end();
      for (let n = 0; n < 4; n += 1)
        for (const each of [one, other]) await each.conversations.create(each.ownerId, made());
      const { entries, cursor } = await changesOf(store(), one.ownerId, start);
      expect(entries).toHaveLength(4);
      for (const [n, entry] of entries.entries()) {
        const rest = await changesOf(store(), one.ownerId, entry.cursor);
        expect(rest.entries).toEqual(entries.slice(n + 1));
      }
      const both = await store().changes.after(start, 1000, null);
      if (both === 'lost') throw new Error('The cursor was lost');
      const mine = new Set([one.ownerId, other.ownerId]);
      const owners = both.map(({ ownerId }) => ownerId).filter((owner) => mine.has(owner));
      expect(owners).toEqual(Array.from({ length: 8 }, (_, n) => (n % 2 ? other : one).ownerId));
      expect(await store().changes.after(cursor, 10, one.ownerId)).toEqual([]);
      const end = await store().changes.end();
      expect(await store().changes.after(end, 10, one.ownerId)).toEqual([]);
    });

    it('does not know a cursor that it did not give', async () => {
      const one = scene();
      await one.conversations.create(one.ownerId, made());
      const end = await store().changes.end();
      const [number = '', check = ''] = end.split('-');
      const wrong = [
        `${number}-${check === '00000000' ? '11111111' : '00000000'}`,
        `${Number(number) + 1000}-${check}`,
        '999999999999999-0000abcd',
      ];
      for (const cursor of wrong)
        expect(await store().changes.after(cursor, 10, one.ownerId)).toBe('lost');
    });

    it('tells each change once and in the order of its conversation, however many are made at once', async () => {
      const one = scene();
      const { ownerId } = one;
      const start = await store().changes.end();
      const wishes = Array.from({ length: 4 }, () => made());
      const writing = Promise.all(
        wishes.map(async (wish) => {
          await one.conversations.create(ownerId, wish);
          const updates = Array.from({ length: 6 }, (_, n) =>
            one.conversations.update(ownerId, wish.id, { tags: [`t${n}`] }, null),
          );
          await Promise.all(updates);
        }),
      );
      const seen: FeedEntry[] = [];
      let cursor = start;
      const state = { isDone: false };
      void writing.then(() => (state.isDone = true));
      for (;;) {
        const last = state.isDone;
        // A store may know without asking that nothing has happened.
        await turnOfLoop();
        const read = await changesOf(store(), ownerId, cursor);
        seen.push(...read.entries);
        cursor = read.cursor;
        if (last) break;
      }
      await writing;
      expect(seen).toHaveLength(28);
      expect((await changesOf(store(), ownerId, start)).entries).toEqual(seen);
      for (const { id } of wishes) {
        const revisions = seen.filter(({ conversationId }) => conversationId === id);
        expect(revisions.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      }
    });
  });
}

/** What becomes of cursors and changes when a store is opened again. */
export function describeDurableChanges(makeStore: () => Promise<StoreUnderTest>): void {
  describe('the feed after a restart', () => {
    it('goes on behind cursors of before', async () => {
      const subject = await makeStore();
      let { store } = subject;
      const one = new Scene(store);
      const start = await store.changes.end();
      const first = await one.answered(one.opening());
      const { entries, cursor } = await changesOf(store, one.ownerId, start);
      await one.conversations.create(one.ownerId, made());
      await store.close();
      store = await subject.open();
      const again = one.on(store);
      await again.conversations.delete(one.ownerId, first.conversationId, null);
      const rest = await changesOf(store, one.ownerId, cursor);
      expect(told(rest.entries)).toEqual(['conversation.created 1', 'conversation.deleted 2']);
      expect((await changesOf(store, one.ownerId, start)).entries).toEqual([
        ...entries,
        ...rest.entries,
      ]);
      await subject.dispose();
    });

    it('loses what is older than it keeps, and says so', async () => {
      const subject = await makeStore();
      const { store } = subject;
      const one = new Scene(store);
      const { ownerId } = one;
      const start = await store.changes.end();
      await one.answered(one.opening({ at: T0 }));
      const old = (await changesOf(store, ownerId, start)).cursor;
      await one.answered(one.opening({ at: T0 + 60_000 }));
      await store.changes.sweep(T0 + 30_000);
      expect(await store.changes.after(start, 10, ownerId)).toBe('lost');
      expect(await store.changes.after(old, 10, ownerId)).not.toBe('lost');
      const end = await store.changes.end();
      await store.changes.sweep(T0 + 90_000);
      expect(await store.changes.after(old, 10, ownerId)).toBe('lost');
      expect(await store.changes.after(end, 10, ownerId)).toEqual([]);
      await one.conversations.create(ownerId, made({ createdAt: T0 + 99_000 }));
      expect((await changesOf(store, ownerId, end)).entries).toHaveLength(1);
      await subject.dispose();
    });
  });
}

/** Changes that two instances make at once, read by both. */
export function describeSharedChanges(store: () => Store, open: () => Promise<Store>): void {
  describe('the feed of two instances', () => {
    it('is the same for readers of both, and jumps over nothing', async () => {
      const second = await open();
      const one = new Scene(store());
      const { ownerId } = one;
      const start = await store().changes.end();
      const write = async (at: Scene) => {
        for (let n = 0; n < 10; n += 1) {
          const turn = await at.begun(at.opening());
          await at.finish(turn, completed('a'), batch(turn.key, 1, ['a']));
        }
      };
      let isDone = false;
      const writing = Promise.all([write(one), write(one.on(second))]).then(() => (isDone = true));
      const follow = async (at: Store) => {
        const seen: FeedEntry[] = [];
        for (let cursor = start; ;) {
          const last = isDone;
          await turnOfLoop();
          const read = await changesOf(at, ownerId, cursor);
          seen.push(...read.entries);
          cursor = read.cursor;
          if (last) return seen;
        }
      };
      const [here, there] = await Promise.all([follow(store()), follow(second)]);
      await writing;
      expect(here).toHaveLength(60);
      expect(there).toEqual(here);
    });
  });
}
