import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Document } from 'mongodb';
import { MongoStore } from '../../src/store/mongo/mongo-store.js';
import { describeMongo, freshMongo, type TestMongo } from '../support/mongo.js';
import { newestFirst, said, Scene, T0 } from './store/scene.js';
import { prompt } from './store/settings.js';
import { turnOf } from './store/trees.js';

/**
 * What the last release without branches stored: whole conversations, and generations that ran when its
 * process was killed.
 */
const EARLIER = JSON.parse(
  readFileSync(new URL('./earlier/mongo-without-branches.json', import.meta.url), 'utf8'),
) as Record<string, Document[]>;

describeMongo('MongoDB with data of a release without branches', () => {
  let database: TestMongo;
  let store: MongoStore;
  let one: Scene;
  beforeEach(async () => {
    database = await freshMongo();
    await database.on(async (client) => {
      for (const [name, documents] of Object.entries(EARLIER))
        await client.db().collection(name).insertMany(documents);
    });
    store = new MongoStore({ kind: 'mongodb', url: database.url, pool: 5 });
    await store.open();
    one = new Scene(store, { ownerId: 'owner', workerId: 'dead-worker' });
  });
  afterEach(async () => {
    await store.close();
    await database.drop();
  });

  const texts = async (id: string, branch?: 'all') => {
    const found = await one.conversations.find('owner', id, {
      limit: 1000,
      ...(branch && { branch }),
    });
    if (!found || typeof found === 'string') return null;
    return found.messages.map(({ content }) => content).join(' ');
  };

  const stored = (id: string): Document[] =>
    (EARLIER['messages'] ?? [])
      .filter(({ conversation }) => conversation === `owner\u0000${id}`)
      .sort((a, b) => Number(a['seq']) - Number(b['seq']));

  it('reads each conversation as one branch', async () => {
    expect(await texts('whole')).toBe('s q0 a0 q1 a1');
    const { messages, ...head } = await one.conversation('whole');
    const ids = stored('whole').map((message) => String(message['id']));
    expect(messages.map(({ id }) => id)).toEqual(ids);
    expect(messages.map(({ parentId }) => parentId)).toEqual([
      'whole',
      'whole',
      ...ids.slice(1, 4),
    ]);
    expect(messages.map(({ siblings }) => siblings)).toEqual(ids.map((id) => [id]));
    expect(head).toEqual({
      id: 'whole',
      title: 'Whole',
      titleBy: 'message',
      createdAt: T0,
      updatedAt: T0 + 12_000,
      messageCount: 5,
      messageTotal: 5,
      activeMessageId: ids[4],
      activeGenerationId: null,
      revision: 2,
      model: null,
      tags: [],
      pinned: false,
      archived: false,
      chatId: null,
      forkedFrom: null,
      disposable: false,
      metadata: null,
      system: 's',
      parameters: null,
      branchLength: 5,
    });
    const { system: _s, parameters: _p, branchLength: _b, ...summary } = head;
    const page = await one.conversations.list('owner', newestFirst({ archived: false }));
    expect(page.total).toBe(4);
    expect(page.conversations).toContainEqual(summary);
    expect(await one.branch('whole', { upTo: ids[2] ?? '' })).toEqual(ids.slice(0, 3));
  });

  it('ends what ran, and makes of a replacement a sibling', async () => {
    expect(await texts('running')).toBe('q0 a0 q1 half');
    expect((await one.conversation('running')).messages.at(-1)?.status).toBe('streaming');
    expect(await one.reap(1, T0 + 90_000)).toHaveLength(4);

    expect((await one.transcript('running')).at(-1)).toBe('assistant: half (failed)');
    expect(await one.transcript('again')).toEqual([
      'user: q0 (complete)',
      'assistant: half (failed)',
    ]);
    expect(await texts('again', 'all')).toBe('q0 a0 half');
    const { messages, ...again } = await one.conversation('again');
    expect(messages[1]?.siblings).toHaveLength(2);
    expect(again).toMatchObject({ messageCount: 2, messageTotal: 3, updatedAt: T0 + 90_000 });
    // Its places were those of the replaced answer already, and part of it may have been written.
    expect(await one.transcript('placed')).toEqual([
      'system: s (complete)',
      'user: q0 (complete)',
      'assistant: half (failed)',
    ]);
    expect(await one.conversation('placed')).toMatchObject({ messageCount: 3, messageTotal: 3 });
    expect(await one.transcript('staged')).toEqual(['user: q0 (complete)', 'assistant:  (failed)']);
    for (const id of ['running', 'again', 'placed', 'staged'])
      await one.answered(one.reply(id, { text: 'q9' }), 'a9');
    expect(await texts('again')).toBe('q0 half q9 a9');
    expect(await texts('placed')).toBe('s q0 half q9 a9');
  });

  it('goes on in each, on any branch', async () => {
    const [system = '', q0 = '', a0 = '', q1 = ''] = stored('whole').map(({ id }) => String(id));
    await one.answered(one.reply('whole', { text: 'q2' }), 'a2');
    expect(await one.conversation('whole')).toMatchObject({ messageCount: 7, messageTotal: 7 });
    await one.answered(one.regeneration('whole', q1, T0 + 20_000), 'b1');
    await one.answered(one.reply('whole', { text: 'r0', parentId: system }), 'c0');
    expect(await texts('whole')).toBe('s r0 c0');
    expect(await texts('whole', 'all')).toBe('s q0 a0 q1 a1 q2 a2 b1 r0 c0');
    const through = await one.conversations.find('owner', 'whole', {
      limit: 100,
      branch: { through: q1 },
    });
    if (!through || typeof through === 'string') throw new Error('Not found');
    expect(through.messages.map(({ content }) => content).join(' ')).toBe('s q0 a0 q1 b1');
    expect(through.branchLength).toBe(5);
    expect(through.messages.map(({ siblings }) => siblings.length)).toEqual([1, 2, 1, 1, 2]);
    expect(through.messages.map(({ id }) => id).slice(0, 4)).toEqual([system, q0, a0, q1]);
  });

  it('changes settings, deletes and forks', async () => {
    const [system = '', , a0 = ''] = stored('whole').map(({ id }) => String(id));
    const { conversations } = one;
    await conversations.update('owner', 'whole', { system: prompt('t'), archived: true }, [2]);
    expect(await texts('whole')).toBe('t q0 a0 q1 a1');
    expect(await one.conversation('whole')).toMatchObject({
      revision: 3,
      messages: [{ id: system }, {}, {}, {}, {}],
    });
    const fork = { messageId: a0, id: randomUUID(), createdAt: T0, newId: randomUUID };
    expect(await conversations.fork('owner', 'whole', fork, null)).toEqual({ outcome: 'forked' });
    expect(await texts(fork.id)).toBe('t q0 a0');
    await conversations.update('owner', 'whole', { system: null }, null);
    expect(await texts('whole')).toBe('q0 a0 q1 a1');
    expect(await conversations.deleteMessage('owner', 'whole', a0, null)).toEqual({
      outcome: 'deleted',
      count: 3,
    });
    expect(await texts('whole')).toBe('q0');
    await one.answered(one.reply('whole', { text: 'q9' }), 'a9');
    expect(await texts('whole')).toBe('q0 q9 a9');
    expect(await one.conversation('whole')).toMatchObject({ messageCount: 3, messageTotal: 3 });
    const archived = await conversations.list('owner', newestFirst({ archived: true }));
    expect(archived.conversations.map(({ id }) => id)).toEqual(['whole']);
  });

  /** Each message with the text of its parent, in the order made. */
  const tree = async (id: string) => {
    const found = await one.conversations.find('owner', id, { limit: 1000, branch: 'all' });
    if (!found || typeof found === 'string') return null;
    const text = (wanted: string) =>
      found.messages.find((message) => message.id === wanted)?.content ?? '^';
    return found.messages.map(({ parentId, content }) => `${text(parentId)}>${content}`).join(' ');
  };

  it('takes messages out of what it has, and adds some', async () => {
    const [, q0 = '', a0 = '', q1 = '', a1 = ''] = stored('whole').map(({ id }) => String(id));
    const { conversations } = one;
    expect(await conversations.takeOut('owner', 'whole', [a0])).toEqual({
      outcome: 'taken_out',
      left: 3,
    });
    expect(await texts('whole')).toBe('s q0 q1 a1');
    expect(await tree('whole')).toBe('^>s ^>q0 q0>q1 q1>a1');
    await conversations.append('owner', 'whole', [said('user', 'm')], T0 + 20_000);
    expect(await one.branch('whole', { upTo: a1 })).toHaveLength(4);
    await conversations.takeOut('owner', 'whole', [q0, a1]);
    expect(await tree('whole')).toBe('^>s ^>q1 q1>m');
    await one.answered(one.regeneration('whole', q1, T0 + 30_000), 'b1');
    expect(await tree('whole')).toBe('^>s ^>q1 q1>m q1>b1');
    expect(await one.conversation('whole')).toMatchObject({ messageCount: 3, messageTotal: 4 });
  });

  /** What a release without branches, which is still running, does for a turn. */
  async function earlierTurn(id: string, question: string, answer: string): Promise<void> {
    const conversation = `owner\u0000${id}`;
    await database.on(async (client) => {
      const db = client.db();
      const found = await db.collection('conversations').findOne({ id });
      const last = Number(found?.['messageCount']);
      const documents = [question, answer].map((content, index) => ({
        ...stored('whole')[1 + index],
        _id: `${conversation}\u0000${last + 1 + index}` as never,
        conversation,
        seq: last + 1 + index,
        id: randomUUID(),
        content,
      }));
      await db.collection('messages').insertMany(documents);
      await db
        .collection('conversations')
        .updateOne(
          { id },
          { $set: { messageCount: last + 2, turns: Number(found?.['turns']) + 1 } },
        );
    });
  }

  it('takes what a running earlier release adds for the newest branch', async () => {
    const first = turnOf(await one.answered(one.opening({ text: 'q0' }), 'a0'));
    const id = first.conversationId;
    await earlierTurn(id, 'e1', 'f1');
    expect(await texts(id)).toBe('q0 a0 e1 f1');
    const { revision } = await one.conversation(id);
    expect(await one.conversation(id)).toMatchObject({ messageCount: 4, messageTotal: 4 });
    const second = turnOf(
      await one.answered(one.reply(id, { text: 'q2', parentId: first.answer }), 'a2'),
    );
    await earlierTurn(id, 'e3', 'f3');
    await earlierTurn(id, 'e4', 'f4');
    expect(await texts(id)).toBe('q0 a0 q2 a2 e3 f3 e4 f4');
    const found = await one.conversation(id);
    expect(found).toMatchObject({ messageCount: 8, messageTotal: 10 });
    expect(found.revision).toBeGreaterThan(revision);
    expect(found.messages.map(({ siblings }) => siblings.length)).toEqual([1, 1, 2, 1, 1, 1, 1, 1]);
    const page = await one.conversations.list('owner', newestFirst({}));
    expect(page.conversations.find((each) => each.id === id)).toMatchObject({
      activeMessageId: found.activeMessageId,
      messageCount: 8,
    });

    // Its newest messages are deleted, and then it goes on at their places' end.
    await one.conversations.deleteMessage('owner', id, second.answer, null);
    await earlierTurn(id, 'e5', 'f5');
    expect(await texts(id)).toBe('q0 a0 q2 e5 f5');
    await one.answered(one.reply(id, { text: 'q6' }), 'a6');
    expect(await texts(id)).toBe('q0 a0 q2 e5 f5 q6 a6');
    await one.answered(one.reply(id, { text: 'q7' }), 'a7');
    expect(await texts(id)).toBe('q0 a0 q2 e5 f5 q6 a6 q7 a7');
    expect(await one.conversation(id)).toMatchObject({ messageCount: 9, messageTotal: 11 });
  });

  it('takes messages out of what a running earlier release adds behind a tree', async () => {
    const first = turnOf(await one.answered(one.opening({ text: 'q0' }), 'a0'));
    const id = first.conversationId;
    const second = turnOf(await one.answered(one.reply(id, { text: 'q1' }), 'a1'));
    await one.answered(one.regeneration(id, first.question), 'b0');
    await earlierTurn(id, 'e2', 'f2');
    await one.conversations.takeOut('owner', id, [second.question]);
    expect(await tree(id)).toBe('^>q0 q0>a0 a0>a1 q0>b0 b0>e2 e2>f2');
    await earlierTurn(id, 'e3', 'f3');
    const { messages } = await one.conversation(id);
    const idOf = (text: string) => messages.find(({ content }) => content === text)?.id ?? '';
    await one.conversations.takeOut('owner', id, [idOf('f2'), idOf('b0')]);
    expect(await tree(id)).toBe('^>q0 q0>a0 a0>a1 q0>e2 e2>e3 e3>f3');
    expect(await texts(id)).toBe('q0 e2 e3 f3');
    await earlierTurn(id, 'e4', 'f4');
    await one.answered(one.reply(id, { text: 'q5' }), 'a5');
    expect(await texts(id)).toBe('q0 e2 e3 f3 e4 f4 q5 a5');
    expect(await one.conversation(id)).toMatchObject({ messageCount: 8, messageTotal: 10 });
  });
});
