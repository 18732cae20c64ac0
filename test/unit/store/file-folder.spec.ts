import { chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileStore } from '../../../src/store/file/file-store.js';
import { completed, Scene, titled } from '../../contract/store/scene.js';
import { FaultyDisk } from './faulty-disk.js';
import { StoreFolder } from './folder.js';

const UNAVAILABLE = { reason: 'store_unavailable', code: 'SERVICE_UNAVAILABLE' };

describe('the folder of the file store', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  const away = () => `${folder.path}-away`;
  const errors = () => folder.logger.records.filter(({ level }) => level === 'error');

  async function until(wanted: () => boolean): Promise<void> {
    while (!wanted()) await delay(10);
  }

  async function expectRefused(one: Scene): Promise<void> {
    await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
    await until(() => errors().length > 0);
    await expect(one.store.ping()).rejects.toMatchObject(UNAVAILABLE);
  }

  it('that was moved away takes nothing, is not made anew, and goes on when it is back', async () => {
    const one = new Scene(await folder.open());
    const { conversationId } = await one.answered(one.opening());
    const turn = await one.begun(one.opening());
    await rename(folder.path, away());
    await expect(one.finish(turn, completed('x'))).rejects.toMatchObject(UNAVAILABLE);
    await expectRefused(one);
    expect(errors()).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/moved away or deleted.*[Pp]ut it back/),
      }),
    ]);
    await expect(stat(folder.path)).rejects.toMatchObject({ code: 'ENOENT' });

    await rename(away(), folder.path);
    await until(() => folder.logger.of('The history folder is back in its place').length > 0);
    await one.store.ping();
    expect(await one.finish(turn, completed('x'))).toBe('ended');
    expect(await one.transcript(conversationId)).toHaveLength(2);
  });

  it('that was moved away has lost no conversation that is asked for meanwhile', async () => {
    const one = new Scene(await folder.open());
    const { conversationId, key } = await one.answered(one.opening());
    const { conversations, generations } = one.store;
    await rename(folder.path, away());
    const asked = [
      () => conversations.find(one.ownerId, conversationId),
      () => conversations.update(one.ownerId, conversationId, titled('Another title'), null),
      () => conversations.delete(one.ownerId, conversationId, null),
      () => generations.readLog(key, 0),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject(UNAVAILABLE);

    await rename(away(), folder.path);
    await until(() => folder.logger.of('The history folder is back in its place').length > 0);
    expect(await one.transcript(conversationId)).toHaveLength(2);
    expect(await one.listed()).toHaveLength(1);
  });

  it('that was deleted is not made anew', async () => {
    const one = new Scene(await folder.open());
    await one.answered(one.opening());
    await rename(folder.path, away());
    await rm(away(), { recursive: true });
    await expectRefused(one);
    await expect(stat(folder.path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('that another one took the place of is left alone', async () => {
    const one = new Scene(await folder.open());
    await one.answered(one.opening());
    await rename(folder.path, away());
    await mkdir(folder.path);
    await expectRefused(one);
    expect(errors()[0]?.message).toMatch(
      /Another folder has taken the place .*restart the service/,
    );
    expect(await readdir(folder.path)).toEqual([]);
    await rm(folder.path, { recursive: true });
    await rename(away(), folder.path);
  });

  it('whose lock alone was removed goes on', async () => {
    const one = new Scene(await folder.open());
    await rm(folder.at('_lock'));
    await one.answered(one.opening());
    while (!(await folder.names()).includes('_lock')) await delay(10);
    await one.store.ping();
    expect(errors()).toEqual([]);
  });

  it('says that nothing can be written, until something can', async () => {
    const disk = new FaultyDisk();
    let disks = 0;
    // Not the lock's: its beat is written over the last one and needs no room.
    const store = await folder.open({
      makeDisk: (guard) => (disks++ === 0 ? new FaultyDisk() : disk).guardedBy(guard),
    });
    const one = new Scene(store);
    disk.fillsUpAfter(0);
    await expect(one.generations.claim(one.opening())).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.ping()).rejects.toMatchObject(UNAVAILABLE);
    disk.hasRoom();
    await store.ping();
    expect((await folder.names()).filter((name) => name.includes('probe'))).toEqual([]);
  });

  describe('and who may read it', () => {
    const mode = async (...names: string[]) => (await stat(folder.at(...names))).mode & 0o777;

    /** Everything in it, by path and rights. */
    async function rights(): Promise<Record<string, string>> {
      const found: Record<string, string> = { '.': (await mode()).toString(8) };
      for (const name of await readdir(folder.path, { recursive: true }))
        found[name] = (await mode(name)).toString(8);
      return found;
    }

    async function filled(store: FileStore): Promise<void> {
      for (const ownerId of ['default', 'alice']) {
        const one = new Scene(store, { ownerId });
        await one.answered(one.opening());
        await one.begun(one.opening(), ['a']);
      }
      await folder.write('not JSON', 'x~0123456789abcdef0123456789abcdef.json');
    }

    function expectPrivate(found: Record<string, string>): void {
      expect(Object.keys(found).length).toBeGreaterThan(10);
      for (const [name, bits] of Object.entries(found))
        expect([name, bits]).toEqual([name, /\.json$|\.ndjson$|_lock$/.test(name) ? '600' : '700']);
    }

    it('is this user alone, whatever the umask', async () => {
      const before = process.umask(0);
      try {
        await rm(folder.path, { recursive: true });
        const store = await folder.open();
        const one = new Scene(store, { ownerId: 'default' });
        await one.answered(one.opening());
        const alice = new Scene(store, { ownerId: 'alice' });
        await alice.answered(alice.opening());
        await alice.begun(alice.opening(), ['a']);
        await store.close();
        await folder.open();
        expectPrivate(await rights());
      } finally {
        process.umask(before);
      }
    });

    it('is no longer everybody where an earlier release had it so', async () => {
      const store = await folder.open();
      await filled(store);
      await store.close();
      for (const name of ['.', ...(await readdir(folder.path, { recursive: true }))]) {
        const isFolder = (await stat(folder.at(name))).isDirectory();
        await chmod(folder.at(name), isFolder ? 0o755 : 0o644);
      }
      await folder.open();
      expectPrivate(await rights());
    });

    it('stays as it is where others use the folder too, but for what is ours', async () => {
      const store = await folder.open();
      await filled(store);
      await store.close();
      await folder.write('shopping list', 'list.txt');
      for (const name of ['.', ...(await readdir(folder.path, { recursive: true }))]) {
        const isFolder = (await stat(folder.at(name))).isDirectory();
        await chmod(folder.at(name), isFolder ? 0o755 : 0o644);
      }
      await folder.open();
      const { '.': top, 'list.txt': list, ...ours } = await rights();
      expect([top, list]).toEqual(['755', '644']);
      expectPrivate(ours);
    });
  });

  it('holds nothing of what was deleted', async () => {
    const store = await folder.open();
    const one = new Scene(store);
    const secret = 'the quick brown secret';
    for (let n = 0; n < 3; n += 1) {
      const wish = { text: secret, title: secret, system: secret };
      const turn = await one.answered(one.opening(wish), secret);
      await one.conversations.delete(one.ownerId, turn.conversationId, null);
      const running = await one.begun(one.opening(wish), [secret]);
      await one.conversations.delete(one.ownerId, running.conversationId, null);
      await one.finish(running, completed(secret));
    }
    await one.generations.sweep({ logsBefore: Number.MAX_SAFE_INTEGER, rowsBefore: 0 });
    await store.close();
    const holding: string[] = [];
    for (const name of await readdir(folder.path, { recursive: true }))
      if (
        (await stat(folder.at(name))).isFile() &&
        (await folder.read(name)).includes('quick brown')
      )
        holding.push(name);
    expect(holding).toEqual([]);
  });
});
