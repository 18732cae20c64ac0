import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { NewGeneration } from '../../../src/domain/generation.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import type { Store } from '../../../src/store/store.js';
import { answeredWithImages, image, isKept } from '../../contract/store/images.js';
import { completed, newestFirst, said, Scene, T0 } from '../../contract/store/scene.js';
import { made, prompt } from '../../contract/store/settings.js';
import { branched, turnOf } from '../../contract/store/trees.js';
import { mortal } from './dying-disk.js';
import { StoreFolder } from './folder.js';

const asDefault = { ownerId: 'default' };

describe('branches in a conversation’s file', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  const file = async (id: string) =>
    JSON.parse(await folder.read(`${id}.json`)) as {
      messages: Record<string, unknown>[];
    } & Record<string, unknown>;

  /** Opened again, without anything remembered. */
  async function reopened(one: Scene): Promise<Scene> {
    await one.store.close();
    await rm(folder.at('_index.json'), { force: true });
    return one.on(await folder.open());
  }

  it('add nothing to one that has none', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const { conversationId: id, answerParentId } = await one.answered(one.opening({ system: 's' }));
    await one.answered(one.reply(id, { at: T0 + 5000 }));
    await one.conversations.deleteMessage(one.ownerId, id, randomUUID(), null);
    const { messages, ...head } = await file(id);
    expect(Object.keys(head)).toEqual([
      'version',
      'id',
      'title',
      'created_at',
      'updated_at',
      'revision',
      'changes',
    ]);
    expect(messages.flatMap(({ parent_id }) => parent_id ?? [])).toEqual([]);
    expect(messages[1]).toMatchObject({ id: answerParentId });
  });

  it('are parents that are not the message before, and the end that is not the newest', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const { id, q0, a0, a1, q2, b0 } = await branched(one);
    await one.answered(one.reply(id, { text: 'r0', parentId: id }), 'c0');
    await one.conversations.update(one.ownerId, id, { activeMessageId: a1 }, null);
    const { messages, ...head } = await file(id);
    expect(head).toMatchObject({ active_message_id: a1 });
    const parents = messages.map(({ content, parent_id }) => [content, parent_id ?? null]);
    expect(parents.filter(([, parent]) => parent !== null)).toEqual([
      ['q2', a0],
      ['b2', q2],
      ['b0', q0],
      ['r0', id],
    ]);
    expect(messages.find((message) => message['id'] === b0)).toBeDefined();
  });

  it('stand in the place of parents that were taken out, and nothing else is written anew', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const { id, q0, a0, q2, b0, q3, a3 } = await branched(one);
    const lines = (await folder.read(`${id}.json`)).split(',\n');
    const takeOut = (...ids: string[]) => one.conversations.takeOut(one.ownerId, id, ids);
    await takeOut(a0, q2);
    const { messages } = await file(id);
    const parents = messages.map(({ content, parent_id }) => [content, parent_id ?? null]);
    expect(parents).toEqual([
      ...['s', 'q0', 'q1', 'a1'].map((text) => [text, null]),
      ...['a2', 'b2', 'b0'].map((text) => [text, q0]),
      ...['q3', 'a3'].map((text) => [text, null]),
    ]);
    const now = (await folder.read(`${id}.json`)).split(',\n');
    for (const place of [1, 4, 9]) expect(now).toContain(lines[place]);

    await takeOut(b0, q3, a3);
    expect(await file(id)).toMatchObject({ active_message_id: q0 });
    await takeOut(q0);
    const { messages: left, ...head } = await file(id);
    expect(head).toMatchObject({ active_message_id: id });
    expect(left.map(({ content, parent_id }) => [content, parent_id ?? null])).toEqual([
      ...[
        ['s', null],
        ['q1', null],
        ['a1', null],
      ],
      ...['a2', 'b2'].map((text) => [text, id]),
    ]);
    const again = await reopened(one);
    expect(await again.branch(id)).toHaveLength(1);
    expect(await again.conversation(id)).toMatchObject({ activeMessageId: null, messageTotal: 5 });
  });

  it('are read again as they were, from the file and from the index', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const { id, a1, q2 } = await branched(one);
    await one.conversations.update(
      one.ownerId,
      id,
      {
        activeMessageId: a1,
        title: { text: 'Mine', by: 'user' },
        tags: ['b', 'a'],
        parameters: { stop: ['[', '"messages":['], messages: [{ a: 1 }] },
        model: 'mistral',
        pinned: true,
        archived: true,
      },
      null,
    );
    const fork = { messageId: q2, id: randomUUID(), createdAt: T0, newId: randomUUID };
    await one.conversations.fork(one.ownerId, id, fork, null);
    await one.conversations.create(one.ownerId, made({ system: prompt('only') }));
    const seen = async (scene: Scene) => {
      const { conversations } = await scene.conversations.list(one.ownerId, newestFirst({}));
      const whole = conversations.map((each) =>
        scene.conversations.find(one.ownerId, each.id, { limit: 100, branch: 'all' }),
      );
      return [conversations, await Promise.all(whole), await scene.conversations.tags(one.ownerId)];
    };
    const before = await seen(one);
    await one.store.close();
    const remembered = one.on(await folder.open());
    expect(await seen(remembered)).toEqual(before);
    expect(await seen(await reopened(remembered))).toEqual(before);
  });

  it('of another program: what is not there counts as not written', async () => {
    const times = { created_at: '2025-09-06T03:30:00Z', updated_at: '2025-09-06T03:35:00Z' };
    const said = (content: string, fields: object = {}) => ({
      role: 'user',
      content,
      timestamp: '2025-09-06T03:30:00Z',
      ...fields,
    });
    const messages = [
      said('a', { role: 'system' }),
      said('b'),
      said('c', { parent_id: 'nobody' }),
      said('d', { id: 'd', parent_id: 'message-2' }),
      said('e', { role: 'system' }),
      said('f', { parent_id: 'f', id: 'f' }),
      said('g', { parent_id: 'message-1' }),
    ];
    const text = JSON.stringify({
      id: 'x',
      title: 't',
      ...times,
      active_message_id: 'y',
      messages,
    });
    await folder.write(text, 'imported.json');
    let one = new Scene(await folder.open(), asDefault);
    const contents = async () => (await one.conversation('x')).messages.map((each) => each.content);
    expect(await contents()).toEqual(['a', 'g']);
    expect(await one.branch('x', { through: 'f' })).toHaveLength(5);
    expect((await one.conversation('x')).messages[1]).toMatchObject({ parentId: 'x' });
    await one.conversations.update('default', 'x', { activeMessageId: 'f' }, null);
    expect(await contents()).toEqual(['a', 'b', 'd', 'e', 'f']);
    // Without the first message, those without an id stand at other places.
    await one.conversations.update('default', 'x', { system: null }, null);
    one = await reopened(one);
    expect(await contents()).toEqual(['b', 'd', 'e', 'f']);
    expect(await one.branch('x', 'all')).toEqual([
      'message-2',
      'message-3',
      'd',
      'message-5',
      'f',
      'message-7',
    ]);
    expect(await one.conversation('x')).toMatchObject({ messageTotal: 6, activeMessageId: 'f' });
    await one.conversations.takeOut('default', 'x', ['d']);
    one = await reopened(one);
    expect(await contents()).toEqual(['b', 'e', 'f']);
    expect((await one.conversation('x')).messages[1]).toMatchObject({
      ...{ id: 'message-5', parentId: 'message-2' },
    });
  });

  it('are, after any changes, as in memory', async () => {
    const stores: Store[] = [new MemoryStore(), await folder.open()];
    let scenes = stores.map((store) => new Scene(store, { ownerId: 'default', workerId: 'w' }));
    const [first] = scenes;
    if (!first) throw new Error('No scene');
    const both = async <T>(task: (one: Scene) => Promise<T>): Promise<T | undefined> => {
      const [a, b] = [await task(scenes[0] ?? first), await task(scenes[1] ?? first)];
      expect(b).toEqual(a);
      return a;
    };
    const answer = async (turn: NewGeneration) => {
      await both(async (one) => {
        await one.claimed(turn);
        if (turn.createdAt % 2 === 0)
          await one.generations.commitTurn(turn.key, turn.workerId, turn.createdAt + 1);
        await one.finish(turn, completed(`to ${turn.createdAt}`, turn.createdAt + 2));
      });
      return turnOf(turn);
    };
    const next = numbers(11);
    const id = (await answer(first.opening({ text: 'q' }))).conversationId;
    for (let step = 1; step < 150; step += 1) {
      const ids = await first.branch(id, 'all');
      const some = ids[next(ids.length)] ?? id;
      const at = T0 + step * 1000 + next(2);
      const kind = next(12);
      if (kind < 4) await answer(first.reply(id, { text: `q${step}`, at }));
      else if (kind < 7)
        await answer(first.reply(id, { text: `q${step}`, at, parentId: next(9) ? some : id }));
      else if (kind === 7)
        await both((one) => one.conversations.deleteMessage('default', id, some, null));
      else if (kind === 10) {
        const gone = ids.filter(() => next(7) === 0);
        await both((one) => one.conversations.takeOut('default', id, gone));
      } else if (kind === 11) {
        const added = [said('user', `u${step}`, at), said('assistant', `v${step}`, at)];
        await both((one) => one.conversations.append('default', id, added, at));
      } else if (kind === 8 && next(2) === 0) await answer(first.regeneration(id, some, at));
      else if (kind === 8)
        await both((one) =>
          one.conversations.update('default', id, { activeMessageId: some }, null),
        );
      else {
        const system = next(3) === 0 ? null : { id: `s${step}`, content: `${step}`, createdAt: at };
        await both((one) => one.conversations.update('default', id, { system }, null));
      }
      if (step % 30 === 0) {
        const [memory, files] = scenes;
        if (memory && files) scenes = [memory, await reopened(files)];
      }
      await both((one) => one.conversations.find('default', id, { limit: 3 }));
      await both((one) => one.conversations.find('default', id, { limit: 9, before: some }));
      await both((one) => one.conversations.find('default', id, { limit: 999, branch: 'all' }));
      await both((one) => one.conversations.find('default', id));
      await both((one) => one.conversations.list('default', newestFirst({})));
    }
  });

  it.each([
    [
      'deleted',
      (one: Scene, id: string, question: string) =>
        one.conversations.deleteMessage(one.ownerId, id, question, null),
    ],
    [
      'taken out',
      (one: Scene, id: string, question: string) =>
        one.conversations.takeOut(one.ownerId, id, [question]),
    ],
  ])(
    'leave no image behind where the process dies while a message with one is %s',
    async (_, go) => {
      for (let changes = 0, isWhole = false; !isWhole; changes += 1) {
        const mine = await StoreFolder.make();
        const life = { changes: 1000 };
        const one = new Scene(mine.store(mortal(life)), asDefault);
        await one.store.open();
        const [picture, other] = [image(500), image(300)];
        const { use } = await answeredWithImages(one, [picture, other]);
        const { ownerId, conversationId, messageId } = use;
        await one.store.images.sweep(Date.now() + 1);
        life.changes = changes;
        const deleted = await go(one, conversationId, messageId)
          .then(() => true)
          .catch(() => false);
        isWhole = life.changes > 0;
        life.changes = 0;
        await one.store.close();
        await rm(mine.at('_lock'), { force: true });

        const again = one.on(await mine.open());
        const isThere = (await again.branch(conversationId)).includes(messageId);
        expect(isThere && deleted).toBe(false);
        expect(await isKept(again, conversationId, picture)).toBe(isThere);
        expect(await again.store.images.usedBytes(ownerId)).toBe(isThere ? 800 : 0);
        await mine.remove();
      }
    },
  );

  it('leave no image behind where the process dies while one is copied', async () => {
    for (let changes = 0, isWhole = false; !isWhole; changes += 1) {
      const mine = await StoreFolder.make();
      const life = { changes: 1000 };
      const one = new Scene(mine.store(mortal(life)), asDefault);
      await one.store.open();
      const picture = image(500);
      const { use } = await answeredWithImages(one, [picture]);
      const { ownerId, conversationId } = use;
      life.changes = changes;
      const copy = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(ownerId, conversationId, copy, null).catch(() => null);
      isWhole = life.changes > 0;
      life.changes = 0;
      await one.store.close();
      await rm(mine.at('_lock'), { force: true });

      const again = one.on(await mine.open());
      const isThere = (await again.conversations.find(ownerId, copy.id)) !== null;
      expect(isThere || !isWhole).toBe(true);
      expect(await isKept(again, copy.id, picture)).toBe(isThere);
      expect(await isKept(again, conversationId, picture)).toBe(true);
      await again.conversations.delete(ownerId, conversationId, null);
      expect(await isKept(again, copy.id, picture)).toBe(isThere);
      expect(await again.store.images.usedBytes(ownerId)).toBe(isThere ? 500 : 0);
      await mine.remove();
    }
  });
});

function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}
