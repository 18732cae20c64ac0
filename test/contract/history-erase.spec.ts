import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { DurableStore } from '../../src/commands/history/copy.js';
import { countOwner, eraseOwner } from '../../src/commands/history/erase.js';
import { digestOf, opened } from '../support/durable-store.js';
import { makeRichHistory } from '../support/rich-history.js';
import {
  describeOnDurableStores,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { storedPlacesOf } from '../support/stored-text.js';
import { keyOf } from './store/keys.js';
import { answeredWithImages, image, withImages } from './store/images.js';
import { batch, cancelled, completed, Scene, T0, titled } from './store/scene.js';

/** As often as a worker reads its signals, or more. */
const POLL_MS = 50;

/** Stops what it runs as soon as it is asked to, like a worker that reads the signals. */
async function stopsOnSignal(one: Scene, keys: readonly string[]): Promise<void> {
  const left = new Set(keys);
  while (left.size > 0) {
    await delay(POLL_MS);
    for (const { key, stop } of await one.coordination.signals(one.workerId)) {
      if (stop === null || !left.has(key)) continue;
      const end = cancelled('its text', Date.now());
      expect(await one.generations.finish(key, one.workerId, end, null)).toBe('deleted');
      left.delete(key);
    }
  }
}

describeOnDurableStores('an owner that is erased', (make) => {
  let storage: TestStorage;
  let store: DurableStore;

  beforeEach(async () => {
    storage = await make();
    store = await opened(storage);
  });
  afterEach(async () => {
    await store.close();
    await storage.dispose();
  });

  it('leaves nothing, and everybody else as they were', async () => {
    const other = await makeRichHistory(store);
    await store.conversations.delete(other.scene.ownerId, other.ids.running, null);
    await other.scene.generations.finish(
      other.running.key,
      other.scene.workerId,
      cancelled('so far'),
      null,
    );
    const secret = `Geheimnis${randomUUID()}`;
    const one = new Scene(store, { ownerId: `${secret} "Ö"` });
    const others = keyOf({ createdAt: T0 });
    const moved = keyOf({ owner: one.ownerId, createdAt: T0 + 1 });
    for (const key of [others, moved]) await store.keys.add(key);
    await store.keys.update(moved.id, { owner: other.scene.ownerId });
    const before = await digestOf(store);
    await store.keys.add(keyOf({ owner: one.ownerId, name: `${secret}-key` }));
    const version = await store.keys.version();
    const gone = await fill(one, secret);
    expect(await store.conversations.wasDeleted(one.ownerId, gone)).toBe(true);
    expect(await store.usage.all()).toContainEqual(
      expect.objectContaining({ ownerId: one.ownerId }),
    );
    expect(await storedPlacesOf(storage, secret)).not.toEqual([]);

    const expected = await countOwner(store, one.ownerId);
    expect(expected).toMatchObject({ conversations: 3 });
    expect(await eraseOwner(store, one.ownerId)).toEqual(expected);

    const kept = [others, { ...moved, owner: other.scene.ownerId }];
    expect(await store.keys.all()).toEqual(kept);
    // By this a service finds out.
    expect(await store.keys.version()).not.toBe(version);
    expect(await digestOf(store)).toEqual(before);
    expect(await store.conversations.wasDeleted(one.ownerId, gone)).toBe(false);
    expect(await storedPlacesOf(storage, secret)).toEqual([]);
    expect(await eraseOwner(store, one.ownerId)).toEqual({ conversations: 0, messages: 0 });
    await store.close();
    expect(await storedPlacesOf(storage, secret)).toEqual([]);
    await store.open();
    expect(await digestOf(store)).toEqual(before);
  });

  it('leaves a store without keys one that never had any', async () => {
    await eraseOwner(store, new Scene(store).ownerId);
    expect(await store.keys.version()).toBeNull();
  });

  it('is not missed by readers of the feed, whose cursors stay', async () => {
    const [one, other] = [new Scene(store), new Scene(store)];
    const turn = await one.answered(one.opening());
    const cursor = await store.changes.end();
    await eraseOwner(store, one.ownerId);
    const { conversationId } = await other.answered(other.opening());
    const entries = await store.changes.after(cursor, 100, null);
    if (entries === 'lost') throw new Error('The cursor is lost');
    expect(entries.at(-1)).toMatchObject({ conversationId });
    expect(entries.some((entry) => entry.conversationId === turn.conversationId)).toBe(false);
    expect(await store.changes.after(cursor, 100, one.ownerId)).toEqual([]);
  });
});

describeOnSharedStores('an owner that is erased while turns run', (make) => {
  let storage: TestStorage;
  let store: DurableStore;
  let one: Scene;
  let secret: string;

  beforeEach(async () => {
    storage = await make();
    store = await opened(storage);
    secret = `Geheimnis${randomUUID()}`;
    one = new Scene(store, { ownerId: secret });
  });
  afterEach(async () => {
    await store.close();
    await storage.dispose();
  });

  const text = () => `${secret} said `.repeat(40);

  it('has no turn of them afterwards: their worker stops them', async () => {
    const first = await one.answered(one.opening({ text: text() }));
    const kept = await one.begun(one.reply(first.conversationId, { text: text() }), [text()]);
    const staged = await one.claimed(one.opening({ text: text() }));
    const stopping = stopsOnSignal(one, [kept.key, staged.key]);
    expect(await eraseOwner(store, one.ownerId)).toMatchObject({ conversations: 1 });
    await stopping;
    for (const { key, id } of [kept, staged]) {
      expect(await one.generations.commitTurn(key, one.workerId, T0 + 9000)).toBe('lost');
      expect(await one.generations.find(one.ownerId, id)).toBeNull();
    }
    expect(await one.count()).toBe(0);
    expect(await storedPlacesOf(storage, secret)).toEqual([]);
  });

  it('nor of those whose worker stands still, and goes on later', async () => {
    const first = await one.answered(one.opening({ text: text() }));
    const kept = await one.begun(one.reply(first.conversationId, { text: text() }), [text()]);
    const staged = await one.claimed(one.opening({ text: text() }));
    await eraseOwner(store, one.ownerId);
    const words = async () =>
      (await storedPlacesOf(storage, secret)).filter((place) => !isTombstone(place));
    expect(await words()).toEqual([]);

    for (const { key } of [kept, staged]) {
      const tail = batch(key, 2, [text()]);
      const { generations, workerId } = one;
      expect(await generations.commitTurn(key, workerId, T0 + 9000)).toBe('lost');
      expect(await generations.append(workerId, [tail])).toEqual([key]);
      expect(await generations.finish(key, workerId, completed(text()), tail)).toBe('lost');
    }
    expect(await one.count()).toBe(0);
    expect(await words()).toEqual([]);
  });
});

/** On MongoDB: of a conversation in which a late worker may still write its id is left for a day. */
const isTombstone = (place: string) => place === 'conversations';

/**
 * Conversations of all kinds, an image that never came to a message, and generations that ended. Gives the id
 * of a deleted chat.
 */
async function fill(one: Scene, secret: string): Promise<string> {
  const text = (what: string) => `${secret} ${what} `.repeat(40);
  for (const system of [undefined, text('system')]) {
    const opening = one.opening({
      text: text('question'),
      title: secret,
      ...(system && { system }),
    });
    const { conversationId } = await one.answered(opening, text('answer'));
    await one.answered(one.reply(conversationId, { text: text('more') }), text('again'));
    await one.conversations.update(one.ownerId, conversationId, titled(`${secret} title`), null);
    await one.conversations.update(one.ownerId, conversationId, { tags: [secret] }, null);
  }
  await answeredWithImages(one, [image(400_000)]);
  await withImages(one, [image(20_000)]);
  const chatId = `${secret} chat`.slice(0, 100);
  const gone = await one.answered(one.opening({ text: text('deleted'), chatId }), text('gone'));
  await one.conversations.delete(one.ownerId, gone.conversationId, null);
  return gone.conversationId;
}
