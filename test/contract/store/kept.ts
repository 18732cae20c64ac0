import { randomUUID } from 'node:crypto';
import type { ConversationSummary } from '../../../src/domain/conversation.js';
import type { NewGeneration } from '../../../src/domain/generation.js';
import type { Store } from '../../../src/store/store.js';
import { changesOf } from './changes.js';
import {
  batch,
  completed,
  failed,
  newestFirst,
  Scene,
  T0,
  type StoreUnderTest,
  type TurnWish,
} from './scene.js';
import { made } from './settings.js';
import { usageOf } from './usage.js';

const ECHO = '{"model":"llama2","instructions":"Be brief"}';
const ERASED = { conversationDeleted: true, response: '', parts: null, echo: null };
const PARTS = { list: [{ thinking: 'Hm' }, { text: 3 }], thinkingMs: 5 };
/** After the end of each turn that begins at T0. */
const AFTER = T0 + 2001;

function keptOpening(one: Scene, wish: TurnWish = {}, overrides: Partial<NewGeneration> = {}) {
  return one.opening(wish, { isKept: true, echo: ECHO, ...overrides });
}

function keptReply(one: Scene, conversationId: string, overrides: Partial<NewGeneration> = {}) {
  return one.reply(conversationId, {}, { isKept: true, echo: ECHO, ...overrides });
}

/** With an answer that has more than its text. */
async function answeredInParts(one: Scene, generation: NewGeneration): Promise<NewGeneration> {
  const turn = await one.begun(generation);
  const pieces = [{ thinking: 'Hm' }, 'Yes'];
  const end = { ...completed('Yes', turn.createdAt + 2000), parts: PARTS };
  expect(await one.finish(turn, end, batch(turn.key, 1, pieces))).toBe('ended');
  return turn;
}

/** The rows of all that has ended by now go, as far as they may. */
const sweepRows = (one: Scene, rowsBefore = AFTER) =>
  one.generations.sweep({ logsBefore: rowsBefore, rowsBefore });

/** A conversation's summary wherever one is read. */
async function everywhere(one: Scene, id: string) {
  const { conversations, ownerId } = one;
  const page = await conversations.list(ownerId, newestFirst({}));
  const found = [
    await conversations.summary(ownerId, id),
    ...(await conversations.summaries(ownerId, [id])),
    await one.conversation(id),
    await conversations.read(ownerId, id),
    page.conversations.find((each) => each.id === id),
  ];
  return found.map((each) => each as ConversationSummary | null | undefined);
}

/** Records that stay, and conversations that go first: what a wire with responses of its own needs. */
export function describeKept(store: () => Store): void {
  const scene = () => new Scene(store());

  describe('a generation that is kept', () => {
    it('has its record as long as its answer is a message', async () => {
      const one = scene();
      const turn = await answeredInParts(one, keptOpening(one));
      const texts = { response: 'Yes', parts: PARTS };
      await one.generations.sweep({ logsBefore: AFTER, rowsBefore: 0 });
      expect(await one.record(turn.id)).toMatchObject(texts);
      await sweepRows(one);
      await sweepRows(one, T0 + 99_000);
      expect(await one.record(turn.id)).toMatchObject({
        ...texts,
        ...{ key: turn.key, status: 'completed', finishReason: 'stop', echo: ECHO, seq: 2 },
        ...{ usage: { promptTokens: 12, completionTokens: 3 }, finishedAt: T0 + 2000 },
        ...{ messageId: turn.messageId, conversationId: turn.conversationId },
        ...{ answerParentId: turn.answerParentId, stateless: false },
        ...{ committed: true, conversationDeleted: false },
      });
      expect(await one.tokens(turn.key)).toEqual([]);
      expect(await one.generations.deletedAmong([turn.key])).toEqual([]);
      const { messages } = await one.conversation(turn.conversationId);
      expect(messages.at(-1)).toMatchObject({ content: 'Yes', parts: PARTS });
      expect(await one.generations.claim(keptOpening(one, {}, { id: turn.id }))).toEqual({
        outcome: 'generation_exists',
      });
    });

    it('has its log as long as any other', async () => {
      const one = scene();
      const turn = await answeredInParts(one, keptOpening(one));
      await one.generations.sweep({ logsBefore: AFTER - 1, rowsBefore: 0 });
      expect(await one.tokens(turn.key)).toEqual([{ thinking: 'Hm' }, 'Yes']);
      await one.generations.sweep({ logsBefore: AFTER, rowsBefore: 0 });
      expect(await one.tokens(turn.key)).toEqual([]);
    });

    it('goes where it is not kept, and is counted once', async () => {
      const one = scene();
      const other = await one.answered(one.opening());
      const { conversationId } = other;
      const turn = await one.answered(keptReply(one, conversationId));
      await sweepRows(one);
      expect(await one.generations.find(one.ownerId, other.id)).toBeNull();
      expect(await one.record(turn.id)).toMatchObject({ echo: ECHO });
      await sweepRows(one);
      expect(await usageOf(one)).toMatchObject([{ generations: 2, promptTokens: 24 }]);
    });

    it('stays also if it was cancelled, failed or ended for a dead worker', async () => {
      const one = scene();
      const broken = await one.begun(keptOpening(one), ['a']);
      await one.finish(broken, failed('a'));
      const orphaned = await one.begun(keptOpening(one), ['b']);
      expect(await one.reap(0, T0 + 2000)).toEqual([orphaned.key]);
      await sweepRows(one);
      for (const turn of [broken, orphaned])
        expect(await one.record(turn.id)).toMatchObject({ status: 'failed', echo: ECHO });
    });

    it('goes where it failed before its first token', async () => {
      const one = scene();
      const opening = await one.claimed(keptOpening(one));
      await one.finish(opening, failed('', false));
      const { conversationId } = await one.answered(one.opening());
      const reply = await one.claimed(keptReply(one, conversationId));
      await one.finish(reply, failed('', false));
      await sweepRows(one, AFTER - 1);
      for (const { id } of [opening, reply])
        expect(await one.record(id)).toMatchObject({ committed: false, echo: ECHO });
      await sweepRows(one);
      for (const { id } of [opening, reply])
        expect(await one.generations.find(one.ownerId, id)).toBeNull();
    });

    it.each(['before', 'after'])(
      'goes with its conversation, deleted %s the logs went',
      async (when) => {
        const one = scene();
        const turn = await answeredInParts(one, keptOpening(one));
        if (when === 'after') await sweepRows(one);
        await one.conversations.delete(one.ownerId, turn.conversationId, null);
        expect(await one.record(turn.id)).toMatchObject({ ...ERASED, status: 'completed' });
        await sweepRows(one);
        expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      },
    );

    it('goes with its conversation, deleted while it ran', async () => {
      const one = scene();
      const turn = await one.begun(keptOpening(one), ['a']);
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      expect(await one.finish(turn, completed('ab'))).toBe('deleted');
      await sweepRows(one);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
    });

    it('goes with its message', async () => {
      const one = scene();
      const first = await one.answered(keptOpening(one));
      const { conversationId } = first;
      const turn = await answeredInParts(one, keptReply(one, conversationId));
      await sweepRows(one);
      const { conversations, ownerId } = one;
      await conversations.deleteMessage(ownerId, conversationId, turn.messageId, null);
      expect(await one.record(turn.id)).toMatchObject(ERASED);
      await sweepRows(one);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      expect(await one.record(first.id)).toMatchObject({ echo: ECHO });
    });

    it('goes with the oldest conversation', async () => {
      const one = scene();
      const turn = await one.answered(keptOpening(one));
      const next = await one.answered(keptOpening(one, { at: T0 + 10 }));
      await one.conversations.removeOldest(one.ownerId, 1, next.conversationId);
      await sweepRows(one, T0 + 99_000);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      expect(await one.record(next.id)).toMatchObject({ echo: ECHO });
    });

    it('gives its idempotency key away, and nothing else of it', async () => {
      const one = scene();
      const idempotency = { key: 'k', fingerprint: 'f' };
      const turn = await one.begun(keptOpening(one, {}, { idempotency }), ['a']);
      await one.generations.freeIdempotencyKey(turn.key);
      const found = () => one.generations.findByIdempotencyKey(one.ownerId, 'k');
      expect(await found()).toMatchObject({ key: turn.key });
      await one.finish(turn, completed('ab'), batch(turn.key, 2, ['b']));
      await sweepRows(one);
      expect(await found()).toMatchObject({ key: turn.key });
      for (let times = 0; times < 2; times += 1) {
        await one.generations.freeIdempotencyKey(turn.key);
        expect(await found()).toBeNull();
      }
      expect(await one.record(turn.id)).toMatchObject({ response: 'ab', echo: ECHO });
      expect(await one.generations.claim(keptOpening(one, {}, { id: turn.id }))).toEqual({
        outcome: 'generation_exists',
      });
      const next = await one.claimed(keptOpening(one, {}, { idempotency }));
      await one.generations.freeIdempotencyKey(turn.key);
      expect(await found()).toMatchObject({ key: next.key });
    });

    it('goes where it left no answer: a message answered again, without a word', async () => {
      const one = scene();
      const first = await one.answered(one.opening());
      const { conversationId, answerParentId } = first;
      const again = one.regeneration(conversationId, answerParentId);
      const turn = await one.claimed({ ...again, isKept: true });
      await one.finish(turn, completed(''));
      await sweepRows(one);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
    });
  });

  describe('a generation that is erased', () => {
    it('leaves its record, as of a deleted conversation, and the messages', async () => {
      const one = scene();
      const turn = await answeredInParts(one, keptOpening(one));
      const other = await answeredInParts(one, keptReply(one, turn.conversationId));
      const before = await one.conversation(turn.conversationId);
      await one.generations.erase(turn.key);
      const erased = await one.record(turn.id);
      expect(erased).toMatchObject({
        ...{ ...ERASED, status: 'completed', committed: true, finishReason: 'stop' },
        ...{ messageId: turn.messageId, conversationId: turn.conversationId },
      });
      expect(await one.tokens(turn.key)).toEqual([]);
      expect(await one.generations.deletedAmong([turn.key, other.key])).toEqual([turn.key]);
      expect(await one.conversation(turn.conversationId)).toEqual(before);
      expect(await one.record(other.id)).toMatchObject({
        ...{ conversationDeleted: false, response: 'Yes', parts: PARTS, echo: ECHO },
      });

      await one.generations.erase(turn.key);
      expect(await one.record(turn.id)).toEqual(erased);
      await sweepRows(one);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      await one.generations.erase(turn.key);
      expect(await one.generations.find(one.ownerId, turn.id)).toBeNull();
      expect(await one.record(other.id)).toMatchObject({ echo: ECHO });
    });

    it('is one that never became a message, too', async () => {
      const one = scene();
      const turn = await one.claimed(keptOpening(one));
      await one.finish(turn, failed('', false));
      await one.generations.erase(turn.key);
      expect(await one.record(turn.id)).toMatchObject({ ...ERASED, status: 'failed' });
    });

    it('is none that runs or waits', async () => {
      const one = scene();
      const turn = await one.begun(keptOpening(one), ['a', 'b']);
      const waiting = await one.claimed(keptOpening(one));
      for (const { key } of [turn, waiting]) await one.generations.erase(key);
      expect(await one.record(waiting.id)).toMatchObject({ status: 'queued', echo: ECHO });
      expect(await one.record(turn.id)).toMatchObject({
        ...{ status: 'running', response: 'ab', echo: ECHO, conversationDeleted: false },
      });
      expect(await one.coordination.signals(one.workerId)).toEqual([]);
      expect(await one.finish(turn, completed('abc'), batch(turn.key, 3, ['c']))).toBe('ended');
      expect(await one.record(turn.id)).toMatchObject({ response: 'abc', echo: ECHO });
      await one.generations.erase(randomUUID());
    });
  });

  describe('a disposable conversation', () => {
    it('is one that a kept turn opened', async () => {
      const one = scene();
      const kept = await one.answered(keptOpening(one));
      const other = await one.answered(one.opening());
      const staged = await one.claimed(keptOpening(one));
      await one.finish(staged, completed('Yes'));
      await one.answered(keptReply(one, other.conversationId));
      await one.answered(one.reply(kept.conversationId));
      const byOwner = made();
      await one.conversations.create(one.ownerId, byOwner);
      for (const [id, disposable] of [
        [kept.conversationId, true],
        [staged.conversationId, true],
        [other.conversationId, false],
        [byOwner.id, false],
      ] as const)
        expect(await everywhere(one, id)).toMatchObject(Array(5).fill({ disposable }));
    });

    it('is a copy that is said to be one, and no other', async () => {
      const one = scene();
      const { conversationId: id } = await one.answered(keptOpening(one));
      const fork = { messageId: null, createdAt: T0, newId: randomUUID };
      for (const disposable of [true, false, undefined]) {
        const copy = { ...fork, id: randomUUID(), ...(disposable !== undefined && { disposable }) };
        expect(await one.conversations.fork(one.ownerId, id, copy, null)).toEqual({
          outcome: 'forked',
        });
        expect(await everywhere(one, copy.id)).toMatchObject(
          Array(5).fill({ disposable: disposable === true }),
        );
      }
    });

    it('stays one through changes, and goes before others that are not pinned', async () => {
      const one = scene();
      const ids: string[] = [];
      for (const [place, isKept] of [false, true, true, false, true, false].entries())
        ids.push(
          (await one.answered(one.opening({ at: T0 + place * 10_000 }, { isKept }))).conversationId,
        );
      const [plain = '', old = '', pinned = '', last = '', newer = '', named = ''] = ids;
      const { conversations, ownerId } = one;
      await conversations.update(ownerId, pinned, { pinned: true }, null);
      await conversations.update(ownerId, newer, { tags: ['a'] }, null);
      expect(await conversations.summary(ownerId, pinned)).toMatchObject({ disposable: true });
      const removed = [];
      for (let n = 0; n < 6; n += 1)
        removed.push(await conversations.removeOldest(ownerId, 1, named));
      expect(removed).toEqual([old, newer, plain, last, pinned, null]);
    });
  });

  describe('a conversation that is discarded', () => {
    const copied = async (one: Scene, id: string) => {
      const fork = { id: randomUUID(), messageId: null, disposable: true, createdAt: T0 };
      await one.conversations.fork(one.ownerId, id, { ...fork, newId: randomUUID }, null);
      return fork.id;
    };
    const discard = (one: Scene, id: string) => one.conversations.discard(one.ownerId, id);

    it('goes with its messages, and leaves what is known of what failed in it', async () => {
      const one = scene();
      const start = await store().changes.end();
      const source = await one.answered(keptOpening(one));
      const id = await copied(one, source.conversationId);
      const turn = await one.claimed(keptReply(one, id));
      await one.finish(turn, failed('', false));
      expect(await discard(new Scene(store()), id)).toBe(false);
      expect(await discard(one, id)).toBe(true);
      expect(await one.conversations.find(one.ownerId, id)).toBeNull();
      expect(await one.conversations.summary(one.ownerId, id)).toBeNull();
      expect(await one.listed()).toEqual([source.conversationId]);
      const { entries } = await changesOf(store(), one.ownerId, start);
      expect(
        entries
          .filter(({ conversationId }) => conversationId === id)
          .map(({ event }) => event.type),
      ).toEqual(['conversation.created', 'conversation.deleted']);
      await sweepRows(one, T0);
      expect(await one.record(turn.id)).toMatchObject({
        ...{ status: 'failed', committed: false, conversationDeleted: false, echo: ECHO },
      });
      expect(await one.generations.deletedAmong([turn.key])).toEqual([]);
      expect(await discard(one, id)).toBe(false);
      expect((await one.conversation(source.conversationId)).messages).toHaveLength(2);
    });

    it('is none in which something runs, or to which something has happened', async () => {
      const one = scene();
      const source = await one.answered(keptOpening(one));
      const id = await copied(one, source.conversationId);
      const turn = await one.claimed(keptReply(one, id));
      expect(await discard(one, id)).toBe(false);
      await one.finish(turn, failed('', false));
      await one.conversations.update(one.ownerId, id, { pinned: true }, null);
      expect(await discard(one, id)).toBe(false);
      const answered = await copied(one, source.conversationId);
      await one.answered(keptReply(one, answered));
      expect(await discard(one, answered)).toBe(false);
      expect(await one.listed()).toHaveLength(3);
    });
  });

  describe('the metadata of a conversation', () => {
    const metadata = { topic: 'Größe "x"', empty: '', 'a.b': '1' };

    it('is what it was made with, wherever it is read', async () => {
      const one = scene();
      const wish = made({ metadata });
      await one.conversations.create(one.ownerId, wish);
      expect(await everywhere(one, wish.id)).toMatchObject(Array(5).fill({ metadata }));
      const [summary] = await everywhere(one, wish.id);
      expect(summary?.metadata).toEqual(metadata);
      await one.answered(one.reply(wish.id));
      expect(await everywhere(one, wish.id)).toMatchObject(Array(5).fill({ metadata }));
    });

    it('is none unless it is given, and none of a copy', async () => {
      const one = scene();
      const [with_, without, none] = [made({ metadata }), made(), made({ metadata: null })];
      for (const wish of [with_, without, none]) await one.conversations.create(one.ownerId, wish);
      const turn = await one.answered(one.opening());
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, with_.id, fork, null);
      for (const id of [without.id, none.id, turn.conversationId, fork.id])
        expect(await everywhere(one, id)).toMatchObject(Array(5).fill({ metadata: null }));
    });

    it('is changed as a whole, and removed; the feed tells nothing of it', async () => {
      const one = scene();
      const { conversations, ownerId } = one;
      const { conversationId: id } = await one.answered(one.opening());
      const { revision, updatedAt } = await one.conversation(id);
      const start = await store().changes.end();
      const set = (value: Record<string, string> | null) =>
        conversations.update(ownerId, id, { metadata: value }, null);
      expect(await set({ a: '1', b: '2' })).toEqual({ outcome: 'updated' });
      expect((await one.conversation(id)).metadata).toEqual({ a: '1', b: '2' });
      await set({ b: '3' });
      expect((await one.conversation(id)).metadata).toEqual({ b: '3' });
      await conversations.update(ownerId, id, { tags: [] }, null);
      expect((await one.conversation(id)).metadata).toEqual({ b: '3' });
      await set(null);
      expect(await one.conversation(id)).toMatchObject({
        ...{ metadata: null, revision: revision + 4, updatedAt },
      });
      const { entries } = await changesOf(store(), ownerId, start);
      expect(entries).toMatchObject([{ event: { changed: ['tags'] } }]);
    });
  });
}

/** One opened instance over the data of another. */
export function describeDurableKept(makeStore: () => Promise<StoreUnderTest>): void {
  describe('what is kept, after a restart', () => {
    it('is as it was, and what was erased is gone', async () => {
      const subject = await makeStore();
      try {
        const before = new Scene(subject.store);
        const kept = await answeredInParts(before, keptOpening(before));
        const plain = await before.answered(before.opening());
        const erased = await answeredInParts(before, keptOpening(before));
        const running = await before.begun(keptOpening(before), ['Half']);
        const wish = made({ metadata: { a: 'ü' } });
        await before.conversations.create(before.ownerId, wish);
        await before.generations.erase(erased.key);
        await before.generations.sweep({ logsBefore: AFTER, rowsBefore: 0 });
        const records = await Promise.all([kept, erased].map(({ id }) => before.record(id)));
        const conversations = await Promise.all(
          [kept.conversationId, wish.id].map((id) => before.conversation(id)),
        );
        await subject.store.close();

        const after = before.on(await subject.open());
        await after.reap(0, T0 + 2000);
        expect(await Promise.all([kept, erased].map(({ id }) => after.record(id)))).toEqual(
          records,
        );
        expect(
          await Promise.all([kept.conversationId, wish.id].map((id) => after.conversation(id))),
        ).toEqual(conversations);
        for (const [id, wanted] of [
          [kept.conversationId, { disposable: true, metadata: null }],
          [plain.conversationId, { disposable: false, metadata: null }],
          [wish.id, { disposable: false, metadata: { a: 'ü' } }],
        ] as const)
          expect(await everywhere(after, id)).toMatchObject(Array(5).fill(wanted));
        await sweepRows(after);
        expect(await after.record(kept.id)).toMatchObject({ echo: ECHO, seq: 2 });
        expect(await after.record(running.id)).toMatchObject({ status: 'failed', echo: ECHO });
        for (const { id } of [plain, erased])
          expect(await after.generations.find(after.ownerId, id)).toBeNull();
      } finally {
        await subject.dispose();
      }
    });
  });
}
