import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TypeOrmStore } from '../../src/store/typeorm/typeorm-store.js';
import { Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { describeSqlite } from '../support/sqlite.js';

/** Containers that share a volume do not see each other's processes, but SQLite sees who has a file open. */
describeSqlite('generations in a SQLite file', () => {
  let folder: string;
  const stores: TypeOrmStore[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-left-'));
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });

  const path = (name: string) => join(folder, `${name}.sqlite`);

  async function opened(name: string): Promise<TypeOrmStore> {
    const store = new TypeOrmStore({ kind: 'sqlite', file: path(name) }, new RecordingLogger());
    stores.push(store);
    await store.open();
    return store;
  }

  async function running(store: TypeOrmStore) {
    const one = new Scene(store);
    await one.coordination.heartbeat(one.workerId);
    const turn = await one.begun(one.opening(), ['a', 'b']);
    return { one, turn };
  }

  it('that no process has open are ended when it is opened', async () => {
    const { one, turn } = await running(await opened('first'));
    // As a process leaves it that is killed now.
    for (const ending of ['', '-wal'])
      await copyFile(path('first') + ending, path('killed') + ending);

    const again = one.on(await opened('killed'));
    expect(await again.record(turn.id)).toMatchObject({ status: 'failed', response: 'ab' });
    expect(await again.coordination.workers()).toEqual(new Map());
    await again.answered(again.reply(turn.conversationId));
  });

  it('that another process has open are left to it', async () => {
    const { one, turn } = await running(await opened('first'));
    const second = one.on(await opened('first'));
    expect(await second.record(turn.id)).toMatchObject({ status: 'running' });
    expect([...(await second.coordination.workers()).keys()]).toEqual([one.workerId]);
  });
});
