import { setTimeout as delay } from 'node:timers/promises';
import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { keyOf } from '../contract/store/keys.js';
import { Scene, T0, titled } from '../contract/store/scene.js';
import { answeredWithImages, image } from '../contract/store/images.js';
import { runCommand, startCommand } from '../support/command.js';
import { opened } from '../support/durable-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { argumentOf, describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { Random } from './loop/random.js';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 100_000);
const KILLS = 5;
const CONVERSATIONS = 80;

/** Changes the history at random until it is asked to stop. */
class Load {
  private stopped = false;
  private readonly done: Promise<void>;

  constructor(
    private readonly scene: Scene,
    private readonly random: Random,
    private readonly ids: string[],
  ) {
    this.done = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.done;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.change();
      await delay(this.random.int(0, 20));
    }
  }

  private async change(): Promise<void> {
    const { scene, random, ids } = this;
    const { conversations, ownerId } = scene;
    const id = random.pick(ids);
    switch (random.weighted({ open: 2, reply: 6, rename: 2, delete: 1, picture: 1, keys: 2 })) {
      case 'open':
        ids.push((await scene.answered(scene.opening())).conversationId);
        return;
      case 'reply':
        await scene.answered(scene.reply(id));
        return;
      case 'rename':
        await conversations.update(ownerId, id, titled(random.uuid()), null);
        return;
      case 'picture':
        ids.push((await answeredWithImages(scene, [image(300_000)])).turn.conversationId);
        return;
      case 'keys':
        await this.changeKeys();
        return;
      case 'delete':
        ids.splice(ids.indexOf(id), 1);
        await conversations.delete(ownerId, id, null);
    }
  }

  /** One more, and sometimes another one less. */
  private async changeKeys(): Promise<void> {
    const { keys } = this.scene.store;
    const key = keyOf();
    await keys.add(key);
    const revoked = this.random.pick([key, ...(await keys.all())]);
    await keys.revoke(revoked.id, T0 + 1);
  }
}

describeOnDurableStores(`a copy under load that is killed, FAULT_SEED=${SEED}`, (make) => {
  let from: TestStorage;
  let to: TestStorage;
  let served: Store;

  beforeAll(async () => {
    [from, to] = [await make(), await make()];
    served = await createStore({ storage: from.target }, new RecordingLogger());
    await served.open();
  });
  afterAll(async () => {
    await served.close();
    for (const storage of [from, to]) await storage.dispose();
  });

  it('goes on when it is called again, and has the whole history in the end', async () => {
    const random = new Random(SEED);
    const scene = new Scene(served);
    const ids: string[] = [];
    for (let count = 0; count < CONVERSATIONS; count += 1) {
      const { conversationId } = await scene.answered(scene.opening());
      await scene.answered(scene.reply(conversationId));
      ids.push(conversationId);
    }
    const stores = ['--from', argumentOf(from.target), '--to', argumentOf(to.target)];
    const load = new Load(scene, random.fork(), ids);
    let killed = 0;
    // How long a copy takes, as far as is known: one that ends before its kill is tried again.
    let longestMs = 2500;
    while (killed < KILLS) {
      const { child, done } = startCommand('history', ['copy', ...stores]);
      const begun = performance.now();
      const kill = setTimeout(() => child.kill('SIGKILL'), random.int(longestMs / 5, longestMs));
      const { code } = await done;
      clearTimeout(kill);
      if (code === null) {
        killed += 1;
        continue;
      }
      expect(code).toBe(0);
      longestMs = Math.floor(performance.now() - begun);
    }
    const underLoad = await runCommand('history', ['copy', ...stores]);
    expect(underLoad).toMatchObject({ code: 0 });
    await load.stop();

    expect(await runCommand('history', ['copy', ...stores])).toMatchObject({ code: 0 });
    const verified = await runCommand('history', ['verify', ...stores, '--json']);
    expect(verified).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.stdout)[1].conversations).toBe(await scene.count());
    const copy = await opened(to, 'observe');
    expect(await copy.keys.all()).toEqual(await served.keys.all());
    await copy.close();
  }, 240_000);
});
