import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';
import { Scene, T0 } from './store/scene.js';

const NOTHING = { conversations: 0, messages: 0 };

describeOnEveryStore('conversations that nobody updated for long', (make) => {
  let storage: TestStorage;
  let store: Store;

  beforeEach(async () => {
    storage = await make();
    store = await createStore({ storage: storage.target }, new RecordingLogger());
    await store.open();
  });
  afterEach(async () => {
    await store.close();
    await storage.dispose();
  });

  it('go, of all owners, with their messages; others stay', async () => {
    const [one, other] = [new Scene(store), new Scene(store)];
    const old = await one.answered(one.opening({ system: 'Be kind' }), 'secret');
    await one.answered(one.reply(old.conversationId, { at: T0 + 3000 }));
    await other.answered(other.opening());
    const recent = await one.answered(one.opening({ at: T0 + 10_000 }));
    const before = recent.createdAt + 2000;

    expect(await store.idle.count(before)).toEqual({ conversations: 2, messages: 7 });
    expect(await store.idle.removeAll(before)).toEqual({ conversations: 2, messages: 7 });
    expect(await one.listed()).toEqual([recent.conversationId]);
    expect(await other.listed()).toEqual([]);
    expect(await one.record(old.id)).toMatchObject({ response: '', conversationDeleted: true });
    expect(await store.idle.removeAll(before)).toEqual(NOTHING);
    expect(await store.idle.count(before)).toEqual(NOTHING);
  });

  it('stay while a generation runs in them', async () => {
    const one = new Scene(store);
    const first = await one.answered(one.opening());
    const waiting = await one.answered(one.opening());
    const running = await one.begun(one.reply(first.conversationId, { at: T0 + 3000 }), ['a']);
    await one.claimed(one.reply(waiting.conversationId, { at: T0 + 3000 }));
    const later = T0 + 1_000_000;

    expect(await store.idle.count(later)).toEqual(NOTHING);
    expect(await store.idle.removeAll(later)).toEqual(NOTHING);
    expect(await one.listed()).toHaveLength(2);
    await one.coordination.endLost(running.key, running.workerId, T0 + 5000);
    expect(await store.idle.removeAll(later)).toMatchObject({ conversations: 1 });
    expect(await one.listed()).toEqual([waiting.conversationId]);
  });

  it('are told to readers of the feed as deleted', async () => {
    const one = new Scene(store);
    const { conversationId } = await one.answered(one.opening());
    const cursor = await store.changes.end();
    await store.idle.removeAll(T0 + 10_000);
    const entries = await store.changes.after(cursor, 10, one.ownerId);
    expect(entries).toMatchObject([{ conversationId, event: { type: 'conversation.deleted' } }]);
  });

  it('are removed by one of all processes that ask together, and again after a pause', async () => {
    const { idle } = store;
    const turns = await Promise.all([1, 2, 3, 4].map((at) => idle.takeTurn(T0 + at, 60_000)));
    expect(turns.filter(Boolean)).toHaveLength(1);
    expect(await idle.takeTurn(T0 + 50_000, 60_000)).toBe(false);
    expect(await idle.takeTurn(T0 + 61_000, 60_000)).toBe(true);
    // A clock that was ahead does not stop the others.
    expect(await idle.takeTurn(T0 - 61_000, 60_000)).toBe(true);
  });
});
