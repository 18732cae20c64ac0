import { randomUUID } from 'node:crypto';
import { cp, rm, stat } from 'node:fs/promises';
import type { FeedEntry } from '../../../src/store/change-feed.js';
import type { Store } from '../../../src/store/store.js';
import { Disk } from '../../../src/store/file/disk.js';
import { FileChangeFeed } from '../../../src/store/file/changes/file-change-feed.js';
import { Segments } from '../../../src/store/file/changes/segments.js';
import { fileError } from '../../../src/store/file/file-errors.js';
import { Layout } from '../../../src/store/file/layout.js';
import { Quarantine } from '../../../src/store/file/quarantine.js';
import { changesOf } from '../../contract/store/changes.js';
import { completed, failed, Scene, T0, titled } from '../../contract/store/scene.js';
import { made } from '../../contract/store/settings.js';
import { FaultyDisk } from './faulty-disk.js';
import { StoreFolder } from './folder.js';

const asDefault = { ownerId: 'default' };

/** The same without what another number changes. */
const withoutCursors = (entries: FeedEntry[]) => entries.map(({ cursor: _, ...change }) => change);

/** A disk that, once the store is open, leaves open what is on it and what the system only has in memory. */
class UncertainDisk extends Disk {
  private synced = 0;

  override async sync(path: string): Promise<void> {
    this.synced += 1;
    if (this.synced > 1) throw fileError(new Error('Not synced'));
    return super.sync(path);
  }
}

describe('the feed in a folder', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  const read = async (store: Store, cursor: string) =>
    (await changesOf(store, 'default', cursor)).entries;

  /** As many changes as wished, of ten conversations; `n` of each is its time. */
  async function change(one: Scene, count: number, from = 0): Promise<void> {
    for (let n = from; n < from + count; n += 1)
      await one.conversations.create(one.ownerId, made({ createdAt: T0 + n }));
  }

  /** The feed alone: conversations would take their time. */
  async function feedAlone(): Promise<FileChangeFeed> {
    const [disk, layout] = [new Disk(), new Layout(folder.path)];
    const segments = new Segments(disk, layout, new Quarantine(disk, layout, folder.logger));
    await segments.load();
    const feed = new FileChangeFeed(segments);
    await feed.recover([]);
    return feed;
  }

  /** As many changes as wished; the time of each is its number. */
  async function fill(feed: FileChangeFeed, count: number, from = 1): Promise<void> {
    const [ownerId, conversationId, revision] = ['default', 'c', 1];
    const event = { type: 'conversation.created' } as const;
    for (let time = from; time < from + count; time += 1) {
      feed.add(
        feed.outbox(ownerId, conversationId, [
          { id: randomUUID(), ownerId, conversationId, revision, time, event },
        ]),
      );
      if (time % 100 === 0) await feed.end();
    }
  }

  async function all(feed: FileChangeFeed, cursor: string): Promise<FeedEntry[]> {
    const entries = await feed.after(cursor, 10_000, null);
    if (entries === 'lost') throw new Error('The cursor was lost');
    return entries;
  }

  /** What a crash would find now: a copy of the folder, opened. */
  async function crashed(prepare = async (_at: StoreFolder): Promise<void> => undefined) {
    const copy = await StoreFolder.make();
    await cp(folder.path, copy.path, { recursive: true });
    await rm(copy.at('_lock'), { force: true });
    await prepare(copy);
    return { copy, store: await copy.open() };
  }

  it('goes on in further files, and removes the old ones', async () => {
    const names = async () =>
      (await folder.names('changes'))
        .map((name) => Number(name.split('-')[0]))
        .sort((a, b) => a - b);
    let feed = await feedAlone();
    const start = await feed.end();
    await fill(feed, 2500);
    const entries = await all(feed, start);
    expect(entries.map(({ time }) => time)).toEqual(Array.from({ length: 2500 }, (_, n) => n + 1));
    expect(await names()).toEqual([0, 1000, 2000]);

    feed = await feedAlone();
    expect(await all(feed, start)).toEqual(entries);
    for (const at of [0, 998, 999, 1000, 1998, 1999, 2000, 2498])
      expect(await feed.after(entries[at]?.cursor ?? '', 2, null)).toEqual(
        entries.slice(at + 1, at + 3),
      );

    await feed.sweep(1501);
    expect(await feed.after(entries[1498]?.cursor ?? '', 2, null)).toBe('lost');
    expect(await all(feed, entries[1499]?.cursor ?? '')).toEqual(entries.slice(1500));
    expect(await names()).toEqual([1500, 2000]);
    await feed.sweep(9000);
    await feed.sweep(9000);
    expect(await names()).toEqual([2500]);
    const [last = ''] = await folder.names('changes');
    expect((await stat(folder.at('changes', last))).size).toBeLessThan(20);

    feed = await feedAlone();
    const end = entries.at(-1)?.cursor ?? '';
    expect(await feed.end()).toBe(end);
    expect(await feed.after(end, 10, null)).toEqual([]);
    await fill(feed, 1, 9001);
    expect(await all(feed, end)).toMatchObject([{ time: 9001 }]);
  });

  it('leaves nothing out and doubles nothing when the power fails', async () => {
    const makeDisk = (guard: () => Promise<void>) => new UncertainDisk(guard);
    const one = new Scene(await folder.open({ makeDisk }), asDefault);
    const { conversations, ownerId } = one;
    const start = await one.store.changes.end();
    const [file = ''] = await folder.names('changes');
    const lengths: number[] = [];
    const ids = Array.from({ length: 3 }, () => randomUUID());
    for (let n = 0; n < 12; n += 1) {
      const id = ids[n % 3] ?? '';
      const at = T0 + n;
      if (n < 3) await conversations.create(ownerId, made({ id, createdAt: at }));
      else if (n === 7) await one.answered(one.reply(id, { at }));
      else await conversations.update(ownerId, id, titled(`${n}`), null);
      await conversations.update(ownerId, id, {}, null);
      await one.store.changes.end();
      lengths.push((await folder.read('changes', file)).length);
    }
    const before = await read(one.store, start);
    expect(before).toHaveLength(13);
    const text = await folder.read('changes', file);
    await one.store.close();
    // The index would say that these files are known.
    expect(await folder.names()).not.toContain('_index.json');

    const own = (entries: Omit<FeedEntry, 'cursor'>[], id: string) =>
      entries.filter(({ conversationId }) => conversationId === id);
    const header = text.indexOf('\n') + 1;
    for (const length of [header, ...lengths, ...lengths.map((each) => each - 20)]) {
      const { copy, store } = await crashed((at) =>
        at.write(text.slice(0, length), 'changes', file),
      );
      const found = withoutCursors(await read(store, start));
      expect(found).toHaveLength(13);
      for (const id of ids) expect(own(found, id)).toEqual(own(withoutCursors(before), id));
      await copy.remove();
    }
  });

  it('tells nothing again without the index, or of files of before', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const start = await one.store.changes.end();
    await change(one, 30);
    const turn = await one.answered(one.opening());
    const all = await read(one.store, start);
    await one.store.close();
    await rm(folder.at('_index.json'));
    let store = await folder.open();
    expect(await read(store, start)).toEqual(all);
    await store.changes.sweep(T0 + 10);
    await store.close();
    await rm(folder.at('_index.json'));
    store = await folder.open();
    expect(await read(store, all[9]?.cursor ?? '')).toEqual(all.slice(10));

    // A file that is put back is not a change of this store.
    const name = `${turn.conversationId}.json`;
    const old = await folder.read(name);
    await store.conversations.update('default', turn.conversationId, titled('New'), null);
    await store.close();
    await folder.write(old, name);
    store = await folder.open();
    expect(await read(store, all.at(-1)?.cursor ?? '')).toHaveLength(1);
  });

  it('does not know what it told after it is put back', async () => {
    const one = new Scene(await folder.open(), asDefault);
    await change(one, 3);
    const before = await one.store.changes.end();
    const { copy, store } = await crashed();
    await change(one, 3, 10);
    const after = await one.store.changes.end();
    expect(await store.changes.after(after, 10, null)).toBe('lost');
    await change(one.on(store), 5, 20);
    expect(await store.changes.after(after, 10, null)).toBe('lost');
    expect(await store.changes.after(before, 10, null)).toHaveLength(5);
    await copy.remove();

    // Without its files it is another one.
    const without = await crashed((at) => rm(at.at('changes'), { recursive: true }));
    expect(await without.store.changes.end()).toMatch(/^0-/);
    expect(await without.store.changes.after(after, 10, null)).toBe('lost');
    await without.copy.remove();
  });

  it('goes on after a line that was not written to its end', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const start = await one.store.changes.end();
    await change(one, 3);
    await one.store.close();
    const [file = ''] = await folder.names('changes');
    const text = await folder.read('changes', file);
    await folder.write(`${text}{"number":4,"owner":"default","conv`, 'changes', file);
    const again = one.on(await folder.open());
    await change(again, 2, 10);
    const all = await read(again.store, start);
    expect(all.map(({ time }) => time - T0)).toEqual([0, 1, 2, 10, 11]);
    await again.store.close();
    expect(await read(await folder.open(), start)).toEqual(all);
  });

  it('sets a damaged file aside and begins another life', async () => {
    const one = new Scene(await folder.open(), asDefault);
    await change(one, 3);
    const end = await one.store.changes.end();
    await one.store.close();
    const [file = ''] = await folder.names('changes');
    await folder.write('no feed\n', 'changes', file);
    const again = one.on(await folder.open());
    expect(await folder.names('quarantine')).toEqual([file]);
    expect(await again.store.changes.after(end, 10, null)).toBe('lost');
    const start = await again.store.changes.end();
    await change(again, 1, 5);
    expect(await read(again.store, start)).toHaveLength(1);
    expect(await again.listed()).toHaveLength(4);
  });

  it('says, when a change that it missed lies in a damaged file, that it is lost', async () => {
    let feed = await feedAlone();
    const start = await feed.end();
    await fill(feed, 1001);
    const end = await feed.end();
    const [file = ''] = await folder.names('changes');
    const text = await folder.read('changes', file);
    await folder.write(text.replace('"number":500', '"number":'), 'changes', file);
    feed = await feedAlone();
    expect(await feed.after(start, 1, null)).toHaveLength(1);
    expect(await feed.after(start, 1000, null)).toBe('lost');
    expect(await feed.after(end, 10, null)).toEqual([]);
  });

  it('goes on by itself after the disk was full, in the order of the changes', async () => {
    const disk = new FaultyDisk();
    const one = new Scene(
      await folder.open({ makeDisk: (guard) => disk.guardedBy(guard) }),
      asDefault,
    );
    const start = await one.store.changes.end();
    for (let n = 0; n < 20; n += 1) {
      disk.fillsUpAfter(1 + (n % 3));
      const create = () => change(one, 1, n);
      await create().catch(() => disk.hasRoom());
      disk.hasRoom();
    }
    const all = await read(one.store, start);
    expect(all.map(({ conversationId }) => conversationId).sort()).toEqual(
      (await one.listed()).sort(),
    );
    const times = all.map(({ time }) => time);
    expect(times).toEqual([...times].sort());
    await one.store.close();
    expect(await read(await folder.open(), start)).toEqual(all);
  });

  it('tells a deletion that the disk refuses only when it comes about', async () => {
    for (let room = 0; room < 6; room += 1) {
      const mine = await StoreFolder.make();
      const disk = new FaultyDisk();
      const one = new Scene(
        await mine.open({ makeDisk: (guard) => disk.guardedBy(guard) }),
        asDefault,
      );
      const { conversationId: id, ownerId } = await one.answered(one.opening());
      const end = await one.store.changes.end();
      disk.fillsUpAfter(room);
      const isDeleted = await one.conversations.delete(ownerId, id, null).then(
        () => true,
        () => false,
      );
      disk.hasRoom();
      const types = async (store: Store) => (await read(store, end)).map(({ event }) => event.type);
      const expected = isDeleted ? ['conversation.deleted'] : [];
      expect(await types(one.store)).toEqual(expected);
      expect(await one.count()).toBe(isDeleted ? 0 : 1);
      await one.store.close();
      const again = one.on(await mine.open());
      expect(await types(again.store)).toEqual(expected);
      expect(await again.count()).toBe(isDeleted ? 0 : 1);
      await mine.remove();
    }
  });

  it.each([
    ['its record', 'record'],
    ['another end', 'turn'],
  ] as const)(
    'tells an end once if the disk refuses one of its writes and then takes %s',
    async (_what, extent) => {
      const disk = new FaultyDisk();
      const makeDisk = (guard: () => Promise<void>) => disk.guardedBy(guard);
      const one = new Scene(await folder.open({ makeDisk }), asDefault);
      const start = await one.store.changes.end();
      let refused = 0;
      for (let room = 0; room < 5; room += 1)
        for (const isBegun of [true, false]) {
          const turn = one.opening();
          await (isBegun ? one.begun(turn) : one.claimed(turn));
          await one.store.changes.end();
          disk.fillsUpAfter(room);
          const end = await one.finish(turn, completed('a')).catch(() => null);
          disk.hasRoom();
          if (end) continue;
          refused += 1;
          await one.finish(turn, failed('b'), null, extent);
          const entries = await read(one.store, start);
          const own = entries.filter((entry) => entry.conversationId === turn.conversationId);
          const types = own.map(({ event }) => event.type);
          const isThere = (await one.conversations.find(one.ownerId, turn.conversationId)) !== null;
          expect(types).toEqual(
            isThere ? ['conversation.created', 'generation.started', 'generation.ended'] : [],
          );
        }
      expect(refused).toBeGreaterThan(3);
    },
  );

  it('does not complete a deletion of a file that was changed since', async () => {
    const one = new Scene(await folder.open(), asDefault);
    const { conversationId: id, ownerId } = await one.answered(one.opening());
    const end = await one.store.changes.end();
    const [file = ''] = await folder.names('changes');
    const stampOf = async () => {
      const { ino, mtimeMs, size } = await stat(folder.at(`${id}.json`));
      return `${ino}-${mtimeMs}-${size}`;
    };
    const noted = async (deleting: string) => {
      const line = {
        deleting,
        owner: ownerId,
        conversation: id,
        id: randomUUID(),
        time: new Date(T0).toISOString(),
        revision: 2,
        type: 'conversation.deleted',
      };
      const text = await folder.read('changes', file);
      await folder.write(`${text}${JSON.stringify(line)}\n`, 'changes', file);
    };
    await one.store.close();
    await noted('1-2-3');
    let again = one.on(await folder.open());
    expect(await again.count()).toBe(1);
    expect(await read(again.store, end)).toEqual([]);
    await again.store.close();
    await noted(await stampOf());
    again = one.on(await folder.open());
    expect(await again.count()).toBe(0);
    expect((await read(again.store, end)).map(({ event }) => event.type)).toEqual([
      'conversation.deleted',
    ]);
  });
});
