import { randomUUID } from 'node:crypto';
import type { Store } from '../../src/store/store.js';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, type TestMongo } from '../support/mongo.js';
import { MongoWire, type Fault } from '../support/mongo-wire.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import { changesOf } from './store/changes.js';
import { Scene, T0 } from './store/scene.js';
import { prompt } from './store/settings.js';
import { turnOf } from './store/trees.js';

/** More commands than any one call sends. */
const ENOUGH = 40;

/** A conversation `s q0 a0 q1`, whose last message has the answers `a1` and `b1`; `b1` is active. */
async function twoAnswers(one: Scene) {
  const first = turnOf(await one.answered(one.opening({ system: 's', text: 'q0' }), 'a0'));
  const { conversationId: id } = first;
  const second = turnOf(await one.answered(one.reply(id, { text: 'q1' }), 'a1'));
  await one.answered(one.regeneration(id, second.question), 'b1');
  return { id, q1: second.question, a1: second.answer };
}

/** Its revision. */
const AT_FIRST = 6;

type Ids = Awaited<ReturnType<typeof twoAnswers>>;

interface Change {
  act: (store: Store, one: Scene, ids: Ids) => Promise<unknown>;
  /** The active branch after it, and all messages. */
  after: [string, string];
}

const BEFORE: Change['after'] = ['s q0 a0 q1 b1', 's q0 a0 q1 a1 b1'];

const CHANGES: [string, Change][] = [
  [
    'a branch is chosen and the system prompt changed',
    {
      act: ({ conversations }, { ownerId }, { id, a1 }) =>
        conversations.update(ownerId, id, { activeMessageId: a1, system: prompt('t') }, null),
      after: ['t q0 a0 q1 a1', 't q0 a0 q1 a1 b1'],
    },
  ],
  [
    'an answer is deleted',
    {
      act: ({ conversations }, { ownerId }, { id, a1 }) =>
        conversations.deleteMessage(ownerId, id, a1, null),
      after: ['s q0 a0 q1 b1', 's q0 a0 q1 b1'],
    },
  ],
  [
    'a question is deleted with its answers',
    {
      act: ({ conversations }, { ownerId }, { id, q1 }) =>
        conversations.deleteMessage(ownerId, id, q1, null),
      after: ['s q0 a0', 's q0 a0'],
    },
  ],
  [
    'a branch is forked',
    {
      act: ({ conversations }, { ownerId }, { id, a1 }) =>
        conversations.fork(
          ownerId,
          id,
          { messageId: a1, id: randomUUID(), createdAt: T0, newId: randomUUID },
          null,
        ),
      after: BEFORE,
    },
  ],
];

describeMongo('a changed conversation in MongoDB', () => {
  let behind: MongoBehindWire;
  let database: TestMongo;
  let store: MongoStore;
  let wire: MongoWire;
  let start: string;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    ({ database, store, wire, start } = behind);
  });
  afterEach(() => behind.close());

  async function victim(): Promise<MongoStore> {
    wire.goOn();
    const opened = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await opened.open();
    return opened;
  }

  /** All messages, after a check that the active branch is one of theirs. */
  async function seen(one: Scene, id: string): Promise<Change['after']> {
    const all = await one.conversations.find(one.ownerId, id, { limit: 1000, branch: 'all' });
    if (!all || typeof all === 'string') throw new Error('Not found');
    const byId = new Map(all.messages.map((message) => [message.id, message]));
    for (const { parentId } of all.messages) expect([id, ...byId.keys()]).toContain(parentId);
    const path: string[] = [];
    for (let at = byId.get(all.activeMessageId ?? ''); at; at = byId.get(at.parentId))
      path.unshift(at.content);
    const active = await one.conversation(id);
    const texts = active.messages.map(({ content }) => content);
    expect(texts.filter((text) => text !== all.system)).toEqual(path);
    expect(active.messageCount).toBe(texts.length);
    expect(all.messageTotal).toBe(all.messages.length);
    return [texts.join(' '), all.messages.map(({ content }) => content).join(' ')];
  }

  /** The feed has each revision since then once, and each conversation. */
  async function hasInFeed(one: Scene, id: string): Promise<void> {
    const { entries } = await changesOf(store, one.ownerId, start);
    const made = entries.filter(({ event }) => event.type === 'conversation.created');
    expect(made).toHaveLength((await one.listed()).length);
    const later = entries.filter(
      (entry) => entry.conversationId === id && entry.revision > AT_FIRST,
    );
    const { revision } = await one.conversation(id);
    expect(later.map((entry) => entry.revision)).toEqual(
      Array.from({ length: revision - AT_FIRST }, (_, index) => AT_FIRST + 1 + index),
    );
  }

  /** Each message that is stored is one that can be read, and no more is kept of an answer. */
  async function nothingIsLeft(one: Scene): Promise<void> {
    await one.generations.sweep({ logsBefore: Date.now() + 1000, rowsBefore: 0 });
    const stored = await database.on((client) =>
      client
        .db()
        .collection<{ conversation: string; generation: string }>('messages')
        .find({ role: { $ne: 'system' } })
        .toArray(),
    );
    let read = 0;
    for (const id of await one.listed()) {
      const [, all] = await seen(one, id);
      read += all.split(' ').filter((text) => !['s', 't'].includes(text)).length;
    }
    const own = stored.filter(({ conversation }) => conversation.startsWith(one.ownerId));
    expect(own).toHaveLength(read);
    const answers = new Set(own.map(({ generation }) => generation));
    const ended = await database.on((client) =>
      client
        .db()
        .collection<{ _id: string; conversationDeleted: boolean; end: { response: string } }>(
          'generations',
        )
        .find({ ownerId: one.ownerId, runningOn: null })
        .toArray(),
    );
    for (const { _id, conversationDeleted, end } of ended)
      expect([conversationDeleted, end.response === '', await one.tokens(_id)]).toEqual(
        answers.has(_id) ? [false, false, expect.any(Array)] : [true, true, []],
      );
  }

  describe.each(CHANGES)('when %s', (_what, { act, after }) => {
    it.each(['command lost', 'answer lost'] as Fault[])(
      'is as before or as after, wherever the process dies (%s)',
      async (fault) => {
        for (let commands = 0; commands < ENOUGH; commands += 1) {
          const one = new Scene(store);
          const ids = await twoAnswers(one);
          const dying = await victim();
          void wire.failAfter(commands, fault);
          await act(dying, one, ids).catch((error: unknown) =>
            expect(error).toMatchObject({ reason: 'store_unavailable' }),
          );
          const isThrough = !wire.hasFailed;
          await dying.close();

          expect([BEFORE, after]).toContainEqual(await seen(one, ids.id));
          await hasInFeed(one, ids.id);
          await nothingIsLeft(one);
          await act(store, one, ids);
          expect(await seen(one, ids.id)).toEqual(after);
          await nothingIsLeft(one);
          await one.answered(one.reply(ids.id, { text: 'q9' }), 'a9');
          expect((await seen(one, ids.id))[0]).toBe(`${after[0]} q9 a9`);
          await hasInFeed(one, ids.id);
          if (isThrough) return;
        }
        throw new Error('It never got through');
      },
      180_000,
    );

    it('is sound, wherever the process stands still while others go on', async () => {
      for (let commands = 0; commands < ENOUGH; commands += 1) {
        const one = new Scene(store);
        const ids = await twoAnswers(one);
        const slow = await victim();
        const still = wire.failAfter(commands, 'late');
        const through = act(slow, one, ids);
        const isThrough = await Promise.race([through.then(() => true), still.then(() => false)]);
        const turn = await one.answered(one.reply(ids.id, { text: 'q9' }), 'a9');
        expect((await seen(one, ids.id))[0]).toMatch(/ q9 a9$/);
        wire.goOn();
        const result = await through;
        await slow.close();
        const [, all] = await seen(one, ids.id);
        const isDeleted = JSON.stringify(result).includes('"count":5');
        expect(all.includes('q9 a9')).toBe(!isDeleted);
        expect(await one.record(turn.id)).toMatchObject({ committed: true });
        await hasInFeed(one, ids.id);
        await nothingIsLeft(one);
        if (isThrough) return;
      }
      throw new Error('It never got through');
    }, 180_000);
  });

  it('keeps what a turn follows, wherever a deletion stands still while the turn is placed', async () => {
    for (let commands = 0; commands < ENOUGH; commands += 1) {
      const one = new Scene(store);
      const { id, q1 } = await twoAnswers(one);
      const slow = await victim();
      const still = wire.failAfter(commands, 'late');
      const removal = slow.conversations.deleteMessage(one.ownerId, id, q1, null);
      const isThrough = await Promise.race([removal.then(() => true), still.then(() => false)]);

      const turns = new MongoWire(database.url);
      await turns.up();
      const writer = await openedAt(turns.url);
      const { key, workerId } = await one.claimed(one.reply(id, { text: 'q9' }));
      const placed = new Promise<void>((resolve) =>
        turns.hold(({ insert }) => insert === 'messages', resolve),
      );
      const commit = writer.generations.commitTurn(key, workerId, T0 + 90_000, null);
      await placed;
      wire.goOn();
      const result = await removal;
      turns.goOn();
      expect(await commit).toBe('committed');
      await writer.close();
      await turns.down();
      await slow.close();
      const [, all] = await seen(one, id);
      expect(all).toBe('count' in result ? 's q0 a0 q9 ' : `${BEFORE[1]} q9 `);
      if (isThrough) return;
    }
    throw new Error('It never got through');
  }, 180_000);

  async function openedAt(url: string): Promise<MongoStore> {
    const opened = new MongoStore({ kind: 'mongodb', url, pool: 5 });
    await opened.open();
    return opened;
  }

  it('has changes and turns at the same time, and loses none', async () => {
    const one = new Scene(store);
    const { id } = await twoAnswers(one);
    const { revision } = await one.conversation(id);
    const others = await Promise.all([openedAt(database.url), openedAt(database.url)]);
    const tags = Array.from({ length: 6 }, (_, index) => `t${index}`);
    const turn = await one.claimed(one.reply(id, { text: 'q9' }));
    await Promise.all([
      ...tags.map((tag, index) =>
        others[index % 2]?.conversations.update(one.ownerId, id, { tags: [tag] }, null),
      ),
      one.generations.commitTurn(turn.key, turn.workerId, T0 + 90_000, null),
    ]);
    for (const other of others) await other.close();
    expect((await one.conversation(id)).revision).toBe(revision + tags.length + 1);
    expect((await seen(one, id))[0]).toBe('s q0 a0 q1 b1 q9 ');
  });
});
