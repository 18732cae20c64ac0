import { copyHistory, type DurableStore } from '../../src/commands/history/copy.js';
import { readMoved } from '../../src/commands/history/moved-history.js';
import type { Conversation } from '../../src/domain/conversation.js';
import type { Store } from '../../src/store/store.js';
import { digestOf, opened } from '../support/durable-store.js';
import { makeEveryKey, makeRichHistory, type RichHistory } from '../support/rich-history.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { bytesOf } from './store/images.js';
import { keyOf } from './store/keys.js';
import { completed, Scene, T0, titled } from './store/scene.js';
import { item } from './store/usage.js';

const WHOLE = { limit: 100_000, branch: 'all' } as const;

async function whole(store: Store, ownerId: string, id: string): Promise<Conversation> {
  const found = await store.conversations.find(ownerId, id, WHOLE);
  if (!found || typeof found === 'string') throw new Error(`No conversation: ${found}`);
  return found;
}

describeOnDurableStores('a history that is copied from a store', (makeSource) => {
  let source: TestStorage;
  let served: DurableStore;
  let history: RichHistory;

  beforeAll(async () => {
    source = await makeSource();
    served = await opened(source, 'serve');
    history = await makeRichHistory(served);
    await makeEveryKey(served);
    await served.calibrations.save([{ model: 'llama2:latest', factors: { latin: 1.25 } }]);
  });
  afterAll(async () => {
    await served.close();
    await source.dispose();
  });

  describeOnDurableStores('to a store', (makeTarget) => {
    let made: TestStorage;
    let target: DurableStore;

    /** As the command reads it, while it is served. */
    async function copy() {
      const reader = await opened(source, 'observe');
      try {
        return await copyHistory(reader, target);
      } finally {
        await reader.close();
      }
    }

    beforeAll(async () => {
      made = await makeTarget();
      target = await opened(made, 'serve');
      await copy();
    });
    afterAll(async () => {
      await target.close();
      await made.dispose();
    });

    it('has the same digest', async () => {
      const reader = await opened(source, 'observe');
      expect(await digestOf(target)).toEqual(await digestOf(reader));
      await reader.close();
    });

    it('reads the same, and opened anew', async () => {
      const { scene, ids } = history;
      const { running: _running, ...settled } = ids;
      const read = async (store: Store) => {
        const found: unknown[] = [];
        for (const id of Object.values(settled))
          found.push(
            await whole(store, scene.ownerId, id),
            await store.conversations.find(scene.ownerId, id),
          );
        return found;
      };
      const expected = await read(served);
      expect(await read(target)).toEqual(expected);
      await target.close();
      await target.open();
      expect(await read(target)).toEqual(expected);
    });

    it('has what was learnt of models', async () => {
      expect(await target.calibrations.all()).toEqual(await served.calibrations.all());
    });

    it('knows the chats and messages that clients named', async () => {
      const { ids, scene } = history;
      const { conversations } = target;
      expect(await conversations.summary(scene.ownerId, ids.chat)).toMatchObject({
        chatId: 'Chat "Ü" 1',
      });
      expect(
        await conversations.located(scene.ownerId, ids.chat, ['message "ü" 1', 'message 2']),
      ).toMatchObject([{ role: 'user' }, { role: 'assistant', clientId: 'message 2' }]);
    });

    it('has the keys, and the changes that they have later', async () => {
      const { keys } = served;
      expect(await target.keys.all()).toEqual(await keys.all());
      const [first, ...others] = [keyOf(), keyOf(), keyOf()];
      for (const key of [first, ...others]) await keys.add(key);
      await copy();
      expect(await target.keys.all()).toEqual(await keys.all());
      await keys.revoke(first.id, T0 + 9);
      await keys.used(new Map([[first.id, T0 + 8]]));
      for (const { owner } of others) await keys.removeOf(owner);
      await copy();
      expect(await target.keys.all()).toEqual(await keys.all());
      const version = await target.keys.version();
      await copy();
      expect(await target.keys.version()).toBe(version);
    });

    it('knows which conversations are disposable, and their metadata', async () => {
      const { ids, scene } = history;
      const { conversations } = target;
      expect(await conversations.summaries(scene.ownerId, [ids.disposable, ids.chat])).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            ...{ id: ids.disposable, disposable: true, metadata: { b: 'ü "x"', a: '' } },
          }),
          expect.objectContaining({ id: ids.chat, disposable: false, metadata: null }),
        ]),
      );
      // What was kept of its generation stays where it was.
      const { messages } = await whole(target, scene.ownerId, ids.disposable);
      const { generationId } = messages.find(({ content }) => content === 'Stays') ?? {};
      expect(await target.generations.find(scene.ownerId, generationId ?? '')).toBeNull();
    });

    it('has the bytes of images', async () => {
      const { scene, ids } = history;
      const there = scene.on(target);
      const { messages } = await whole(target, scene.ownerId, ids.fork);
      const images = messages.flatMap((message) => message.images ?? []);
      expect(images).toHaveLength(3);
      for (const { id } of images)
        for (const conversation of [ids.pictures, ids.fork])
          expect((await bytesOf(there, conversation, id))?.equals(await bytesIn(id))).toBe(true);

      async function bytesIn(id: string): Promise<Buffer> {
        return (await bytesOf(scene, ids.pictures, id)) ?? Buffer.alloc(0);
      }
    });

    it('is as it was before the answer that is being written', async () => {
      const { scene, ids, running } = history;
      const { messages, ...head } = await whole(target, scene.ownerId, ids.running);
      const before = await whole(served, scene.ownerId, ids.running);
      const kept = before.messages.filter(({ id }) => id !== running.messageId);
      expect(messages).toEqual(kept);
      expect(head).toMatchObject({
        activeGenerationId: null,
        activeMessageId: kept.at(-1)?.id,
        messageTotal: kept.length,
      });
    });

    it('follows what happens later, and takes turns', async () => {
      const { scene } = history;
      const change = new Scene(served, scene);
      const turn = await change.answered(change.opening({ text: 'Later' }));
      const other = await change.answered(change.opening({ text: 'Deleted later' }));
      await copy();
      await change.answered(change.reply(turn.conversationId, { text: 'More' }));
      await change.conversations.update(scene.ownerId, turn.conversationId, titled('New'), null);
      await change.conversations.delete(scene.ownerId, other.conversationId, null);
      const counts = await copy();
      const reader = await opened(source, 'observe');
      expect(await digestOf(reader)).toMatchObject(counts);
      expect(await digestOf(target)).toEqual(await digestOf(reader));
      await reader.close();
      expect(await target.conversations.summary(scene.ownerId, other.conversationId)).toBeNull();
      await change.conversations.delete(scene.ownerId, turn.conversationId, null);
      await copy();
    });

    it('is refused where it has changed of itself, and goes on as any other', async () => {
      const { scene, ids } = history;
      const there = scene.on(target);
      const { branched } = ids;
      const { revision, activeMessageId } = await whole(target, scene.ownerId, branched);
      const turn = await there.begun(there.reply(branched, { text: 'There' }));
      expect(await there.finish(turn, completed('Here'))).toBe('ended');
      const now = await whole(target, scene.ownerId, branched);
      expect(now.revision).toBeGreaterThan(revision);
      expect(now.messages.at(-2)?.parentId).toBe(activeMessageId);
      expect(now.messages.at(-1)).toMatchObject({ content: 'Here', status: 'complete' });
      await expect(copy()).rejects.toThrow('was changed since');
    });

    it('takes a deleted chat that comes back for one that is there', async () => {
      const { ids, scene } = history;
      const { conversations } = target;
      await conversations.delete(scene.ownerId, ids.chat, null);
      expect(await conversations.wasDeleted(scene.ownerId, ids.chat)).toBe(true);
      const moved = await opened(source, 'observe');
      await moved.transfer.reading(async (view) => {
        const back = await readMoved(view, scene.ownerId, ids.chat);
        if (!back) throw new Error('No chat');
        await target.transfer.writer.put(back.conversation, () => back.pages());
      });
      await moved.close();
      expect(await conversations.wasDeleted(scene.ownerId, ids.chat)).toBe(false);
      expect(await conversations.summary(scene.ownerId, ids.chat)).not.toBeNull();
      await target.transfer.writer.remove(scene.ownerId, ids.chat);
      expect(await conversations.wasDeleted(scene.ownerId, ids.chat)).toBe(false);
    });
  });

  it('is refused for a store that has conversations of its own, or those of another', async () => {
    const reader = await opened(source, 'observe');
    const other = await makeSource();
    const store = await opened(other, 'serve');
    const scene = new Scene(store);
    await scene.answered(scene.opening());
    await expect(copyHistory(reader, store)).rejects.toThrow('conversations of its own');
    const third = await makeSource();
    const copied = await opened(third, 'serve');
    await copyHistory(store, copied);
    await expect(copyHistory(reader, copied)).rejects.toThrow('copy of another store');
    for (const one of [reader, store, copied]) await one.close();
    for (const one of [other, third]) await one.dispose();
  });

  it('is refused for a store that has usage, or keys: its own, or changed since', async () => {
    const reader = await opened(source, 'observe');
    const [used, keyed, copied] = [await makeSource(), await makeSource(), await makeSource()];
    const stores = [
      await opened(used, 'serve'),
      await opened(keyed, 'serve'),
      await opened(copied, 'serve'),
    ] as const;
    await stores[0].usage.replaceAll([item(new Scene(stores[0]), { generations: 1 })]);
    await expect(copyHistory(reader, stores[0])).rejects.toThrow('has usage of its own');
    await stores[1].keys.add(keyOf());
    await expect(copyHistory(reader, stores[1])).rejects.toThrow('has keys of its own');
    expect((await stores[1].conversations.countByOwner()).size).toBe(0);
    await copyHistory(reader, stores[2]);
    await stores[2].keys.add(keyOf());
    await expect(copyHistory(reader, stores[2])).rejects.toThrow('was changed since');
    for (const one of [reader, ...stores]) await one.close();
    for (const one of [used, keyed, copied]) await one.dispose();
  });

  it('goes on where it ended while keys were written, and its store was closed by then', async () => {
    const reader = await opened(source, 'observe');
    const other = await makeSource();
    const store = await opened(other, 'serve');
    const { keys } = store;
    const whole = keys.replaceAll.bind(keys);
    // A part of them, as a crash of MongoDB's writer leaves it.
    keys.replaceAll = async (wanted) => {
      await whole(wanted.slice(0, 1));
      throw new Error('killed');
    };
    await expect(copyHistory(reader, store)).rejects.toThrow('killed');
    expect(await keys.version()).not.toBeNull();
    expect((await store.conversations.countByOwner()).size).toBe(0);
    keys.replaceAll = whole;
    await copyHistory(reader, store);
    expect(await digestOf(store)).toEqual(await digestOf(reader));
    for (const one of [reader, store]) await one.close();
    await other.dispose();
  });
});
