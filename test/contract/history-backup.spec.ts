import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { contentsOfBackup } from '../../src/commands/history/backup/backup-contents.js';
import { BackupText } from '../../src/commands/history/backup/backup-text.js';
import { HEADER } from '../../src/commands/history/backup/gzip-frame.js';
import { restoreHistory } from '../../src/commands/history/backup/restore.js';
import { writeBackup } from '../../src/commands/history/backup/write-backup.js';
import type { DurableStore } from '../../src/commands/history/copy.js';
import type { HistoryView } from '../../src/store/history-transfer.js';
import { keyOf } from './store/keys.js';
import { Scene, titled } from './store/scene.js';
import { item } from './store/usage.js';
import { digestOf, made, opened } from '../support/durable-store.js';
import { makeEveryKey, makeRichHistory, type RichHistory } from '../support/rich-history.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';

async function back(store: DurableStore, file: string) {
  return store.transfer.reading(async (view) => {
    const text = new BackupText(view);
    await writeBackup(file, text.parts());
    return text.counts;
  });
}

/** As the command does, into a store that may be there already. */
async function restore(storage: TestStorage, file: string) {
  const store = await made(storage);
  await store.transfer.openAlone(true);
  try {
    return await restoreHistory(store, file);
  } finally {
    await store.close();
  }
}

/** The lines of a backup with its end as it would be for them. */
function zipped(lines: readonly string[]): Buffer {
  const bytes = gzipSync(lines.join(''));
  HEADER.copy(bytes);
  return bytes;
}

const linesOf = (bytes: Buffer) =>
  gunzipSync(bytes)
    .toString()
    .split(/(?<=\n)/);

describeOnDurableStores('a backup of a store', (makeSource) => {
  let folder: string;
  let file: string;
  let source: TestStorage;
  let served: DurableStore;
  let history: RichHistory;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-backups-'));
    file = join(folder, 'history.gz');
    source = await makeSource();
    served = await opened(source);
    history = await makeRichHistory(served);
    await makeEveryKey(served);
    await served.calibrations.save([{ model: 'llama2:latest', factors: { latin: 1.25 } }]);
    const reader = await opened(source, 'observe');
    await back(reader, file);
    await reader.close();
  });
  afterAll(async () => {
    await served.close();
    await source.dispose();
    await rm(folder, { recursive: true });
  });

  it('has what the store has, for its owner alone, and nothing else beside it', async () => {
    const reader = await opened(source, 'observe');
    expect(await contentsOfBackup(file)).toEqual(await digestOf(reader));
    await reader.close();
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['history.gz']);
  });

  it('is of one moment of each conversation', async () => {
    const other = join(folder, 'moving.gz');
    const { scene, ids } = history;
    const id = ids.branched;
    let renamed = 0;
    // While the conversation is read, and once more: then it stays as it is.
    const { calibrations, usage, keys, images, conversations: inner } = served;
    const conversations: HistoryView['conversations'] = {
      countByOwner: () => inner.countByOwner(),
      list: (...args) => inner.list(...args),
      summaries: (...args) => inner.summaries(...args),
      find: (...args) => inner.find(...args),
      read: async (...args) => {
        const reading = await inner.read(...args);
        if (args[1] === id && (renamed += 1) <= 2)
          await served.conversations.update(scene.ownerId, id, titled(`Moved ${renamed}`), null);
        return reading;
      },
    };
    const text = new BackupText({
      conversations,
      calibrations,
      usage,
      keys,
      image: async ({ ownerId, id: conversation }, image) =>
        (await images.read(ownerId, conversation, image.id))?.pieces ?? null,
    });
    await writeBackup(other, text.parts());
    const titles = linesOf(await readFile(other)).filter((line) => line.includes('"title":"Moved'));
    expect(titles).toHaveLength(2);
    const target = await makeSource();
    await restore(target, other);
    const restored = await opened(target);
    expect(await restored.conversations.summary(scene.ownerId, id)).toMatchObject({
      title: 'Moved 2',
    });
    await restored.close();
    await target.dispose();
  });

  describeOnDurableStores('restored into a store', (makeTarget) => {
    let target: TestStorage;

    beforeEach(async () => {
      target = await makeTarget();
    });
    afterEach(() => target.dispose());

    it('has the same digest, keys, and what was learnt of models', async () => {
      expect(await restore(target, file)).toMatchObject({ conversations: 10 });
      const store = await opened(target);
      expect(await digestOf(store)).toEqual(await contentsOfBackup(file));
      expect(await store.calibrations.all()).toEqual(await served.calibrations.all());
      expect(await store.keys.all()).toEqual(await served.keys.all());
      await store.close();
    });

    it('is refused where there is usage, or a key', async () => {
      const store = await opened(target);
      await store.usage.replaceAll([item(new Scene(store), { generations: 1 })]);
      await store.close();
      await expect(restore(target, file)).rejects.toThrow('has usage; a backup');
      const again = await opened(target);
      await again.usage.replaceAll([]);
      const key = keyOf();
      await again.keys.add(key);
      await again.close();
      await expect(restore(target, file)).rejects.toThrow('has keys; a backup');
      const kept = await opened(target);
      expect(await kept.keys.all()).toEqual([key]);
      expect(await digestOf(kept)).toMatchObject({ conversations: 0 });
      await kept.close();
    });

    it('is refused where there are conversations', async () => {
      await restore(target, file);
      await expect(restore(target, file)).rejects.toThrow('an empty one');
      const store = await opened(target);
      expect(await digestOf(store)).toEqual(await contentsOfBackup(file));
      await store.close();
    });

    it('that fails at its end leaves no usage and no key, and is known to have had some', async () => {
      const store = await made(target);
      await store.transfer.openAlone(true);
      const seen: { version: string | null } = { version: null };
      const failing = store.transfer.filling(async (writer) => {
        await writer.usage.replaceAll([item(new Scene(store), { generations: 1 })]);
        await writer.keys.replaceAll([keyOf()]);
        seen.version = await store.keys.version();
        throw new Error('at its end');
      });
      await expect(failing).rejects.toThrow('at its end');
      expect([await store.keys.all(), await store.usage.all()]).toEqual([[], []]);
      // In SQL nobody else has seen any.
      const after = await store.keys.version();
      expect([seen.version === null, seen.version === after]).toEqual([
        after === null,
        after === null,
      ]);
      await store.close();
      expect(await restore(target, file)).toMatchObject({ conversations: 10 });
    });

    it('leaves nothing of a file that is torn or was changed', async () => {
      const bytes = await readFile(file);
      const lines = linesOf(bytes);
      const message = lines.findIndex((line) => line.startsWith('{"kind":"message"'));
      const flipped = (at: number) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ 0xff;
        return changed;
      };
      const damaged: Buffer[] = [
        Buffer.alloc(0),
        bytes.subarray(0, bytes.length / 2),
        bytes.subarray(0, -1),
        Buffer.concat([bytes, bytes]),
        Buffer.concat([bytes, Buffer.alloc(512)]),
        Buffer.concat([bytes, gzipSync('')]),
        ...[0, 5, 9, 20, Math.floor(bytes.length / 2), bytes.length - 1].map(flipped),
        zipped(lines.slice(0, -1)),
        zipped([...lines.slice(0, message), ...lines.slice(message + 1)]),
        zipped([...lines.slice(0, message), ...lines.slice(message - 1)]),
        zipped(lines.map((line) => line.replace('The sky', 'The sea'))),
        zipped([...lines, lines.at(-1) ?? '']),
      ];
      const torn = join(folder, 'torn.gz');
      for (const changed of damaged) {
        await writeFile(torn, changed);
        await expect(contentsOfBackup(torn)).rejects.toThrow('torn or was changed');
        await expect(restore(target, torn)).rejects.toThrow('torn or was changed');
      }
      await rm(torn);
      const store = await opened(target);
      expect(await digestOf(store)).toMatchObject({ conversations: 0, messages: 0 });
      expect(await store.calibrations.all()).toEqual([]);
      expect([await store.keys.version(), await store.usage.all()]).toEqual([null, []]);
      await store.close();
      expect(await restore(target, file)).toMatchObject({ conversations: 10 });
    });
  });
});
