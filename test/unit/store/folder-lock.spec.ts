import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { machineHolder } from '../../../src/store/file/lock-holder.js';
import { StoreStartError } from '../../../src/store/store.js';
import { Scene, titled } from '../../contract/store/scene.js';
import { StoreFolder } from './folder.js';

/** Longer than any test takes: a lock that moves is seen to move, however slow the machine is. */
const PATIENT = { times: { heartbeatMs: 20, staleMs: 60_000 } };

/** No heartbeat of its own while the test runs, and stale after any pause. */
const WITHOUT_HEARTBEAT = { times: { heartbeatMs: 600_000, staleMs: 100 } };

/** A lock would be watched for longer than any test takes. */
const FROZEN = { times: { heartbeatMs: 20, staleMs: 600_000 } };

describe('the file store’s lock', () => {
  let folder: StoreFolder;
  beforeEach(async () => {
    folder = await StoreFolder.make();
  });
  afterEach(() => folder.remove());

  it('refuses a second process while the first lives', async () => {
    const first = await folder.open();
    const second = folder.store(PATIENT);

    const refusal = await second.open().catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(StoreStartError);
    expect(String(refusal)).toMatch(/HISTORY_FILE_PATH: another process uses this folder/);
    const one = new Scene(first);
    await one.answered(one.opening());
    await expect(second.ping()).rejects.toMatchObject({ reason: 'store_unavailable' });
  });

  it('is free again after close, at once', async () => {
    await (await folder.open()).close();
    expect(await folder.names()).not.toContain('_lock');
    await folder.open(PATIENT);
  });

  it('is taken over from a dead process, whose lock does not move', async () => {
    await folder.write('somebody 17\n', '_lock');
    const one = new Scene(await folder.open());
    await one.answered(one.opening());
    expect(folder.logger.of('Took over the history folder from a process that died')).toHaveLength(
      1,
    );
  });

  it('is given to one of two that find a dead process’s lock', async () => {
    await folder.write('', '_lock');
    const results = await Promise.allSettled([folder.open(), folder.open(), folder.open()]);

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(StoreStartError);
  });

  it('is waited for while it goes: a holder that leaves meanwhile lets the next in', async () => {
    const first = await folder.open();
    const second = folder.store(PATIENT);
    const [, refusal] = await Promise.allSettled([first.close(), second.open()]);
    // It may have seen the lock move once before that was gone; then it is free by now.
    if (refusal.status === 'rejected') await second.open();
    await second.ping();
  });

  it('refuses at once where its holder is known to live', async () => {
    // It does not move for as long as a test takes.
    const times = { heartbeatMs: 600_000, staleMs: 600_000 };
    await folder.open({ times, holder: machineHolder });
    const second = folder.store({ ...FROZEN, holder: machineHolder });
    await expect(second.open()).rejects.toThrow(/another process uses this folder/);
  });

  it.each([
    ['another process of the same id', (self: string) => self.replace(/\d+$/, '1')],
    ['a process that is gone', (self: string) => self.replace(/ \d+ /, ' 4194304 ')],
  ])('is taken at once from %s', async (_who, change) => {
    await folder.write(`somebody 000000000017 ${change(machineHolder.self)}\n`, '_lock');
    await folder.open({ ...FROZEN, holder: machineHolder });
  });

  it.each([
    ['another machine', (self: string) => self.replace(/^\w/, 'x')],
    ['an earlier release', () => ''],
  ])('is watched where its holder is of %s', async (_who, change) => {
    await folder.write(`somebody 000000000017 ${change(machineHolder.self)}\n`, '_lock');
    await folder.open({ holder: machineHolder });
    expect(
      folder.logger.of('The history folder has a lock; checking whether its process is alive'),
    ).toHaveLength(1);
  });

  it('is watched while its holder is stopped, as one that is dead', async () => {
    const child = spawn('sleep', ['60']);
    child.kill('SIGSTOP');
    const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    while (!stat().includes(') T ')) await new Promise(setImmediate);
    const began = stat().split(') ')[1]?.split(' ')[19];
    const [machine] = machineHolder.self.split(' ');
    const holder = `${machine} ${child.pid} ${began}`;
    expect(machineHolder.livenessOf(holder)).toBe('unknown');
    child.kill('SIGCONT');
    while (stat().includes(') T ')) await new Promise(setImmediate);
    expect(machineHolder.livenessOf(holder)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(machineHolder.livenessOf(holder)).toBe('dead');
  });

  it('stops one that was taken for dead from writing', async () => {
    const store = await folder.open();
    const one = new Scene(store);
    const turn = await one.begun(one.opening());
    await noticed(async () => {
      // Again and again, as a process that lives does.
      await folder.write('another 1\n', '_lock');
      await store.ping();
    });

    await expect(
      one.conversations.update(one.ownerId, turn.conversationId, titled('x'), null),
    ).rejects.toMatchObject({ reason: 'store_unavailable' });
    await store.close();
    expect(await folder.read('_lock')).toBe('another 1\n');
  });

  it('stops one that stood still itself before its first write', async () => {
    // One that is under way when the lock is taken over would write it once more.
    const one = new Scene(await folder.open(WITHOUT_HEARTBEAT));
    const { conversationId } = await one.begun(one.opening());
    const before = await folder.read(`owners/${one.ownerId}/${conversationId}.json`);
    writeFileSync(folder.at('_lock'), 'another 1\n');
    standStill();
    await expect(
      one.conversations.update(one.ownerId, conversationId, titled('x'), null),
    ).rejects.toMatchObject({
      reason: 'store_unavailable',
    });
    expect(await folder.read(`owners/${one.ownerId}/${conversationId}.json`)).toBe(before);
  });

  it('lets one that stood still go on if nobody came', async () => {
    const one = new Scene(await folder.open());
    const { conversationId } = await one.begun(one.opening());
    standStill();
    expect(await one.conversations.update(one.ownerId, conversationId, titled('x'), null)).toEqual({
      outcome: 'updated',
    });
  });

  it('tells a ping when the folder cannot be written, and when it can again', async () => {
    await mkdir(folder.at('real'));
    await folder.write('in the way', 'file');
    await pointTo('real');
    const store = folder.storeAt(folder.at('link'));
    await store.open();
    await store.ping();

    await pointTo('file');
    await noticed(() => store.ping());
    await pointTo('real');
    await noticed(async () => {
      const failure = await store.ping().catch((error: unknown) => error);
      if (failure === undefined) throw new Error('It is well again');
    });
  });

  it('refuses a start on a path that can be no folder', async () => {
    await folder.write('', 'file');
    const store = folder.storeAt(folder.at('file', 'inside'));
    const failure = await store.open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreStartError);
    expect(String(failure)).toMatch(/HISTORY_FILE_PATH: the folder cannot be created or written/);
    expect(String(failure)).not.toContain(folder.path);
  });

  /** As a process does that is stopped: longer than a lock is trusted, without a timer. */
  function standStill(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  }

  /** In one step, whatever beats meanwhile. */
  async function pointTo(name: string): Promise<void> {
    await symlink(folder.at(name), folder.at('next'));
    await rename(folder.at('next'), folder.at('link'));
  }

  /** When `probe` fails, which the next beat brings about. */
  async function noticed(probe: () => Promise<void>): Promise<void> {
    for (;;) {
      const failed = await probe().then(
        () => false,
        () => true,
      );
      if (failed) return;
      await new Promise(setImmediate);
    }
  }
});
