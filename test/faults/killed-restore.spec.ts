import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestStorage } from '../support/storages.js';
import { answeredWithImages, image } from '../contract/store/images.js';
import { Scene } from '../contract/store/scene.js';
import { runCommand, startCommand } from '../support/command.js';
import { digestOf, made, opened } from '../support/durable-store.js';
import { makeEveryKey } from '../support/rich-history.js';
import { argumentOf, describeOnDurableStores } from '../support/storages.js';
import { Random } from './loop/random.js';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 100_000);
const KILLS = 5;
const CONVERSATIONS = 150;

describeOnDurableStores(`a restore that is killed, FAULT_SEED=${SEED}`, (make) => {
  let folder: string;
  let file: string;
  let target: TestStorage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-killed-restore-'));
    file = join(folder, 'history.gz');
    target = await make();
    await makeBackup();
  });
  afterAll(async () => {
    await target.dispose();
    await rm(folder, { recursive: true });
  });

  async function makeBackup(): Promise<void> {
    const path = join(folder, 'source.sqlite');
    const source = await opened({ target: { kind: 'sqlite', file: path } });
    const scene = new Scene(source);
    for (let count = 0; count < CONVERSATIONS; count += 1) {
      const { conversationId } = await scene.answered(scene.opening());
      await scene.answered(scene.reply(conversationId));
      if (count % 5 === 0) await answeredWithImages(scene, [image(300_000)], conversationId);
    }
    await makeEveryKey(source);
    await source.close();
    const backup = ['backup', file, '--from', `sqlite:${path}`];
    expect(await runCommand('history', backup)).toMatchObject({ code: 0 });
  }

  /**
   * Empty, or a sentence instead of an open store; or all, where the kill came between the end of the
   * restore and that of its process. Never a part.
   */
  async function expectNothing(): Promise<'empty' | 'refused' | 'whole'> {
    const store = await made(target);
    try {
      await store.open();
    } catch (error) {
      expect(String(error)).toContain('a backup is being restored');
      return 'refused';
    }
    const { conversations } = await digestOf(store);
    const hasKeys = (await store.keys.all()).length > 0;
    await store.close();
    expect([0, CONVERSATIONS]).toContain(conversations);
    expect(hasKeys).toBe(conversations > 0);
    return conversations === 0 ? 'empty' : 'whole';
  }

  it('leaves nothing that a service would serve, and is repeated', async () => {
    const random = new Random(SEED);
    const restore = ['restore', file, '--to', argumentOf(target.target)];
    let killed = 0;
    // How long a restore takes is not known: one that ends before its kill is tried again, anew.
    let longestMs = 2000;
    while (killed < KILLS) {
      const { child, done } = startCommand('history', restore);
      const begun = performance.now();
      const kill = setTimeout(() => child.kill('SIGKILL'), random.int(longestMs / 5, longestMs));
      const { code, stderr } = await done;
      clearTimeout(kill);
      if (code === null) {
        killed += 1;
        if ((await expectNothing()) === 'whole') await makeTarget();
        continue;
      }
      expect([code, stderr]).toEqual([0, expect.stringContaining('Restored')]);
      longestMs = Math.floor(performance.now() - begun);
      await makeTarget();
    }

    async function makeTarget(): Promise<void> {
      await target.dispose();
      target = await make();
      restore[3] = argumentOf(target.target);
    }

    const restored = await runCommand('history', [...restore, '--json']);
    expect(restored).toMatchObject({ code: 0 });
    expect(JSON.parse(restored.stdout)).toMatchObject({ conversations: CONVERSATIONS });
    const verify = ['verify', file, '--to', argumentOf(target.target)];
    expect(await runCommand('history', verify)).toMatchObject({ code: 0 });
  }, 240_000);
});
