import { randomUUID } from 'node:crypto';
import { BSON, type Document } from 'mongodb';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import type { Store } from '../../src/store/store.js';
import { describeMongo, type TestMongo } from '../support/mongo.js';
import type { Fault, MongoWire } from '../support/mongo-wire.js';
import { mongoBehindWire, type MongoBehindWire } from './mongo-behind-wire.js';
import { changesOf } from './store/changes.js';
import { said, Scene, T0 } from './store/scene.js';
import { branched } from './store/trees.js';

const { EJSON } = BSON;

/** More commands than any one call sends. */
const ENOUGH = 60;
const ALL = { limit: 1000, branch: 'all' } as const;

/** Somebody's conversation, as `branched` makes it. */
interface Subject {
  one: Scene;
  id: string;
  /** Id of each message, by its text. */
  ids: Map<string, string>;
  /** The end of the feed before anything is done to it. */
  start: string;
}

type Act = (store: Store, subject: Subject) => Promise<unknown>;

const takingOut =
  (...texts: string[]): Act =>
  (store, { one, id, ids }) =>
    store.conversations.takeOut(
      one.ownerId,
      id,
      texts.map((text) => ids.get(text) ?? ''),
    );

const appending: Act = (store, { one, id, ids }) => {
  const messages = [said('user', 'm0'), said('assistant', 'm1')];
  for (const message of messages) ids.set(message.content, message.id);
  return store.conversations.append(one.ownerId, id, messages, T0 + 70_000);
};

const ACTS: [string, Act][] = [
  // Behind it there are two branches, in one run and in two.
  ['takes messages out that others follow', takingOut('a0', 'b0')],
  ['takes the active end out', takingOut('q3', 'a3', 'q1')],
  ['adds messages', appending],
];

const answering: Act = (store, { one, id }) => {
  const later = new Scene(store, { ownerId: one.ownerId });
  return later.answered(later.reply(id, { text: 'q9', at: T0 + 60_000 }), 'a9');
};

/** All that can be read of a conversation, in words; null: it is not there. */
async function wordsOf({ one, id }: Subject) {
  const head = await one.conversations.find(one.ownerId, id, ALL);
  if (typeof head === 'string') throw new Error(head);
  if (!head) return null;
  const word = (wanted: string | null) =>
    wanted === id ? '^' : (head.messages.find((each) => each.id === wanted)?.content ?? '?');
  const path = async (end?: string) => {
    const ids = await one.branch(id, end === undefined ? undefined : { upTo: end });
    return ids.map(word).join(' ');
  };
  const paths = [];
  for (const message of head.messages) paths.push(await path(message.id));
  const { messageCount, messageTotal, activeMessageId, revision, updatedAt } = head;
  return {
    ...{ messageCount, messageTotal, revision, updatedAt, paths },
    active: word(activeMessageId),
    path: await path(),
    tree: head.messages.map(
      ({ content, parentId, siblings, status }) =>
        `${word(parentId)} > ${content} (${status}) of ${siblings.map(word).join(' ')}`,
    ),
  };
}

describeMongo('MongoDB, when messages are taken out or added', () => {
  let behind: MongoBehindWire;
  let database: TestMongo;
  let store: MongoStore;
  let wire: MongoWire;
  beforeEach(async () => {
    behind = await mongoBehindWire();
    ({ database, store, wire } = behind);
    await make();
  });
  afterEach(() => behind.close());

  /** Names of the messages, their conversation and its owner. */
  let names: { id: string; ownerId: string; messages: [string, string][] };
  let documents: [string, Document[]][];

  async function make(): Promise<void> {
    const one = new Scene(store);
    const { id, ...messages } = await branched(one);
    names = { id, ownerId: one.ownerId, messages: Object.entries(messages) };
    await store.changes.end();
    documents = await database.on((client) =>
      Promise.all(
        ['conversations', 'messages', 'generations'].map(
          async (name): Promise<[string, Document[]]> => [
            name,
            await client.db().collection(name).find().toArray(),
          ],
        ),
      ),
    );
  }

  /** A copy of what was made, of another owner, which takes fewer commands. */
  async function subject(): Promise<Subject> {
    const one = new Scene(store);
    const keys = (documents[2]?.[1] ?? []).map(({ _id }): [string, string] => [
      String(_id),
      randomUUID(),
    ]);
    const renamed = [[names.ownerId, one.ownerId] as const, ...keys];
    await database.on(async (client) => {
      for (const [name, originals] of documents) {
        const copies = renamed.reduce(
          (text, [from, to]) => text.replaceAll(from, to),
          EJSON.stringify(originals),
        );
        await client
          .db()
          .collection(name)
          .insertMany(EJSON.parse(copies) as Document[]);
      }
    });
    return { one, id: names.id, ids: new Map(names.messages), start: await store.changes.end() };
  }

  /** What can be read after all this was done by one process. */
  async function after(...acts: Act[]) {
    const other = await subject();
    for (const act of acts) await act(store, other);
    return wordsOf(other);
  }

  /** Nothing is left that nobody sees, and the feed has told of each change once. */
  async function isTidy({ one, id, start }: Subject): Promise<void> {
    await one.generations.sweep({ logsBefore: T0, rowsBefore: T0 });
    const conversation = `${one.ownerId}\u0000${id}`;
    const [stored, found] = await database.on(async (client) => {
      const db = client.db();
      return [
        await db.collection('messages').find({ conversation }).toArray(),
        await db.collection('conversations').findOne({ _id: conversation as never }),
      ];
    });
    const summary = await one.conversations.summary(one.ownerId, id);
    const prompts = stored.filter(({ role }) => role === 'system').length;
    expect(stored.length - prompts).toBe((summary?.messageTotal ?? prompts) - prompts);
    expect(found).toMatchObject({ pending: null, removal: null });
    const { entries } = await changesOf(store, one.ownerId, start);
    if (summary && entries.length > 0) expect(entries.at(-1)?.revision).toBe(summary.revision);
    const told = entries.filter(({ event }) => event.type === 'conversation.changed');
    const revisions = told.map(({ revision }) => revision);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    const gone = await database.on((client) =>
      client.db().collection('generations').find({ ownerId: one.ownerId }).toArray(),
    );
    const answers = new Set(stored.map(({ generation }) => generation as string | null));
    for (const { _id, conversationDeleted } of gone)
      expect(conversationDeleted).toBe(!answers.has(String(_id)));
  }

  /** Whether the process died before it was through. */
  async function dies(act: (store: Store) => Promise<unknown>, at: number, fault: Fault) {
    wire.goOn();
    const victim = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
    await victim.open();
    void wire.failAfter(at, fault);
    await act(victim).catch((error: unknown) =>
      expect(error).toMatchObject({ reason: 'store_unavailable' }),
    );
    const dead = wire.hasFailed;
    await victim.close();
    return dead;
  }

  /** What others do first after a process died. */
  const NEXT: [string, Act][] = [
    ['reads', () => Promise.resolve()],
    ['answers', answering],
    ['takes others out', takingOut('a2', 'q1', 'm0')],
  ];

  describe.each(NEXT)('and a process dies, and the next one %s', (_next, next) => {
    // A command that is lost finds what an answer that is lost left, but for the first one.
    const fault = next === answering ? 'command lost' : 'answer lost';

    it.each(ACTS)(
      'that %s, all of it is done or nothing',
      async (_what, act) => {
        const whole = await after(act, next);
        const outcomes = [await after(next), whole];
        for (let at = 0; at < ENOUGH; at += 1) {
          const victim = await subject();
          const dead = await dies((slow) => act(slow, victim), at, fault);
          await next(store, victim);
          const words = await wordsOf(victim);
          expect(dead ? outcomes : [whole]).toContainEqual(words);
          await isTidy(victim);
          expect(await wordsOf(victim)).toEqual(words);
          if (!dead) break;
        }
      },
      240_000,
    );
  });

  /** What others do while a process stands still. */
  const MEANWHILE: [string, Act][] = [
    ['answer', answering],
    ['take others out, and what is added', takingOut('q2', 'a2', 'q3', 'm1')],
    [
      'delete the conversation',
      (_store, { one, id }) => one.conversations.delete(one.ownerId, id, null),
    ],
  ];

  describe.each(MEANWHILE)('and a process stands still, and others %s', (_others, meanwhile) => {
    it.each(ACTS)(
      'that %s leaves what one after the other would',
      async (_what, act) => {
        const outcomes = [await after(act, meanwhile), await after(meanwhile, act)];
        const slow = new MongoStore({ kind: 'mongodb', url: wire.url, pool: 5 });
        await slow.open();
        try {
          for (let at = 0; at < ENOUGH; at += 1) {
            const victim = await subject();
            const stuck = wire.failAfter(at, 'late');
            const through = act(slow, victim);
            await Promise.race([stuck, through]);
            const stood = wire.hasFailed;
            await meanwhile(store, victim);
            wire.goOn();
            await through;
            expect(outcomes).toContainEqual(await wordsOf(victim));
            await isTidy(victim);
            if (!stood) break;
          }
        } finally {
          wire.goOn();
          await slow.close();
        }
      },
      240_000,
    );
  });
});
