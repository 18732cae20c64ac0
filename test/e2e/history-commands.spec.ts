import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { Scene } from '../contract/store/scene.js';
import { expectHelp, runCommand, type Ran } from '../support/command.js';
import { FakeOllama } from '../support/fake-ollama.js';
import { getJson } from '../support/http-client.js';
import { keysCommand, makeKey } from '../support/keys.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { makeEveryKey, makeRichHistory } from '../support/rich-history.js';
import { startService } from '../support/service.js';
import { argumentOf, describeOnDurableStores, type TestStorage } from '../support/storages.js';

const history = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCommand('history', args, { env });

async function opened({ target }: TestStorage): Promise<Store> {
  const store = await createStore({ storage: target }, new RecordingLogger());
  await store.open();
  return store;
}

/** Beats like a worker that serves the store; the last beat has ended when what it returns has. */
async function beating({ coordination }: Store): Promise<() => Promise<void>> {
  const worker = 'a worker';
  let beat = coordination.heartbeat(worker);
  await beat;
  const beats = setInterval(() => {
    beat = beat.then(() => coordination.heartbeat(worker));
  }, 200);
  return () => {
    clearInterval(beats);
    return beat;
  };
}

/** One sentence, and nothing that a person should not see. */
function expectSentence({ stderr }: Ran): void {
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).not.toMatch(/\n {4}at |node_modules|secret/);
}

describeOnDurableStores('history copy and verify', (make) => {
  let source: TestStorage;
  let folder: string;
  let served: Store;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-copies-'));
    source = await make();
    served = await opened(source);
    await makeRichHistory(served);
    await makeEveryKey(served);
  });
  afterAll(async () => {
    await served.close();
    await source.dispose();
    await rm(folder, { recursive: true });
  });

  it('copy a store that is served, and say what differs', async () => {
    const from = argumentOf(source.target);
    const to = `sqlite:${join(folder, 'copy.sqlite')}`;
    // The source as the settings name it.
    const copied = await history(['copy', '--to', to, '--json'], source.env);
    expect(copied).toMatchObject({ code: 0 });
    expectSentence(copied);
    const counts = JSON.parse(copied.stdout);
    expect(counts).toEqual({ conversations: 10, messages: expect.any(Number) });

    const both = ['--from', 'env:FROM', '--to', to];
    const same = await history(['verify', ...both, '--json'], { FROM: from });
    expect(same).toMatchObject({ code: 0 });
    const [a, b] = JSON.parse(same.stdout);
    expect(a).toEqual({ ...b, store: expect.not.stringContaining('@') });
    expect(a).toMatchObject(counts);

    const scene = new Scene(served);
    await scene.answered(scene.opening());
    const other = await history(['verify', ...both], { FROM: from });
    expect(other).toMatchObject({ code: 1 });
    expectSentence(other);
    const lines = other.stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^[0-9a-f]{64}\t11\t\d+\t/);
  });

  it('refuse to copy into a store that is served, and one with other conversations', async () => {
    const file = `file:${join(folder, 'other')}`;
    expect(
      await history(['copy', '--from', argumentOf(source.target), '--to', file]),
    ).toMatchObject({ code: 0 });
    const stop = await beating(served);
    const refused = await history(['copy', '--from', file, '--to', argumentOf(source.target)]);
    await stop();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^--to: (a|another) process/);
    expectSentence(refused);
  });
});

describeOnDurableStores('history backup, verify and restore', (make) => {
  let source: TestStorage;
  let target: TestStorage;
  let folder: string;
  let served: Store;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-backups-'));
    [source, target] = [await make(), await make()];
    served = await opened(source);
    await makeRichHistory(served);
    await makeEveryKey(served);
  });
  afterAll(async () => {
    await served.close();
    for (const storage of [source, target]) await storage.dispose();
    await rm(folder, { recursive: true });
  });

  it('go through a file, and through standard output and input, with --dry-run before', async () => {
    const file = join(folder, 'history.gz');
    const would = await history(['backup', file, '--dry-run', '--json'], source.env);
    expect(would).toMatchObject({ code: 0 });
    const made = await history(['backup', file, '--json'], source.env);
    expect(made).toMatchObject({ code: 0, stdout: would.stdout });
    expectSentence(made);
    const counts = JSON.parse(made.stdout);
    expect(counts).toEqual({ conversations: 10, messages: expect.any(Number) });

    const verified = await history(['verify', file, '--json']);
    expect(verified).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.stdout)).toEqual([
      { store: file, ...counts, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const gone = { env: source.env, stdout: 'closed' } as const;
    expect(await runCommand('history', ['verify', file], gone)).toMatchObject({
      code: 0,
      stderr: 'The backup is whole\n',
    });
    expect(await runCommand('history', ['backup', '-'], gone)).toMatchObject({
      code: 1,
      stderr: 'The backup cannot be written (EPIPE)\n',
    });
    const piped = await history(['backup', '-', '--from', 'env:FROM'], {
      FROM: argumentOf(source.target),
    });
    expect(piped).toMatchObject({ code: 0 });

    const to = ['--to', argumentOf(target.target), '--json'];
    const stdin = piped.bytes;
    const tried = await runCommand('history', ['restore', '-', '--dry-run', ...to], { stdin });
    expect(tried).toMatchObject({ code: 0, stdout: made.stdout });
    const restored = await runCommand('history', ['restore', '-', ...to], { stdin });
    expect(restored).toMatchObject({ code: 0, stdout: made.stdout });
    expectSentence(restored);
    expect(await history(['verify', file, '--to', argumentOf(target.target)])).toMatchObject({
      code: 0,
    });
  });

  it('refuse a store with conversations, a served one, and a file that was changed', async () => {
    const file = join(folder, 'history.gz');
    const into = ['--to', argumentOf(target.target)];
    for (const dryRun of [[], ['--dry-run']]) {
      const full = await history(['restore', file, ...into, ...dryRun]);
      expect(full).toMatchObject({ code: 1, stdout: '' });
      expect(full.stderr).toContain('an empty one');
      expectSentence(full);
    }
    const stop = await beating(served);
    const refused = await history(['restore', file, '--to', argumentOf(source.target)]);
    await stop();
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^--to: (a|another) process/);

    const changed = join(folder, 'changed.gz');
    const bytes = await readFile(file);
    await writeFile(changed, bytes.subarray(0, -100));
    for (const args of [
      ['verify', changed],
      ['restore', changed, ...into],
    ]) {
      const torn = await history(args);
      expect(torn).toMatchObject({ code: 1, stdout: '' });
      expect(torn.stderr).toContain('torn or was changed');
      expectSentence(torn);
    }
  });
});

describeOnDurableStores('keys of the store that go along', (make) => {
  it('open the restored store and the copy as they opened the first, and nobody else', async () => {
    const ollama = await FakeOllama.start();
    const folder = await mkdtemp(join(tmpdir(), 'chat-moved-keys-'));
    const [source, target] = [await make(), await make()];
    const key = await makeKey(source, 'phone');
    const gone = await makeKey(source, 'lost');
    await keysCommand(source, 'revoke', 'lost');

    const file = join(folder, 'history.gz');
    const to = ['--to', argumentOf(target.target)];
    const copy: TestStorage['target'] = { kind: 'sqlite', file: join(folder, 'copy.sqlite') };
    for (const [args, env] of [
      [['backup', file], source.env],
      [['restore', file, ...to], {}],
      [['copy', '--to', argumentOf(copy)], source.env],
    ] as const)
      expect(await history(args, env)).toMatchObject({ code: 0 });
    const written = gunzipSync(await readFile(file)).toString();
    for (const { 'X-Api-Key': secret } of [key, gone]) expect(written).not.toContain(secret);

    for (const storage of [target.target, copy]) {
      const service = await startService(ollama, { history: { storage } });
      const get = (headers: Record<string, string>) =>
        getJson(`${service.url}/api/history`, headers);
      expect(await get({})).toMatchObject({ status: 401, body: { reason: 'unauthorized' } });
      expect(await get(gone)).toMatchObject({ status: 401, body: { reason: 'key_revoked' } });
      expect((await get(key)).status).toBe(200);
      await service.close();
    }

    const full = await history(['restore', file, ...to]);
    expect(full).toMatchObject({ code: 1, stdout: '' });
    expect(full.stderr).toContain('has keys');
    expectSentence(full);
    for (const storage of [source, target]) await storage.dispose();
    await rm(folder, { recursive: true });
    await ollama.close();
  });
});

describeOnDurableStores('history erase and prune', (make) => {
  let storage: TestStorage;
  let store: Store;
  let scene: Scene;

  beforeAll(async () => {
    storage = await make();
    store = await opened(storage);
    scene = new Scene(store);
    await scene.answered(scene.opening());
    const other = new Scene(store);
    await other.answered(other.opening());
    await other.answered(other.opening({ at: Date.now() }));
  });
  afterAll(async () => {
    await store.close();
    await storage.dispose();
  });

  it('count at first, then remove; a folder that is served is refused', async () => {
    const erase = ['erase', '--owner', scene.ownerId, '--json'];
    const one = { conversations: 1, messages: 2 };
    const would = await history([...erase, '--dry-run'], storage.env);
    expect(JSON.parse(would.stdout)).toEqual(one);
    if (!store.shared) {
      const served = await history(erase, storage.env);
      expect(served).toMatchObject({ code: 1, stdout: '' });
      expectSentence(served);
      await store.close();
    }
    const erased = await history(erase, storage.env);
    expect(erased).toMatchObject({ code: 0 });
    expectSentence(erased);
    expect(JSON.parse(erased.stdout)).toEqual(one);
    const isServers = storage.env['HISTORY_DB_URL']?.includes('://') ?? false;
    expect(erased.stderr.includes('bytes')).toBe(isServers);

    const kept = await history(['prune', '--json'], storage.env);
    expect(kept).toMatchObject({ code: 0, stdout: '{"conversations":0,"messages":0}\n' });
    const prune = ['prune', '--days', '30', '--json'];
    for (const dryRun of [['--dry-run'], []]) {
      const pruned = await history([...prune, ...dryRun], storage.env);
      expect(pruned).toMatchObject({ code: 0 });
      expectSentence(pruned);
      expect(JSON.parse(pruned.stdout)).toEqual(one);
    }
    const again = await history(['prune', '--json'], {
      ...storage.env,
      HISTORY_RETENTION_DAYS: '30',
    });
    expect(JSON.parse(again.stdout)).toEqual({ conversations: 0, messages: 0 });
    if (!store.shared) await store.open();
    expect((await store.conversations.countByOwner()).size).toBe(1);
  });
});

describe('the history command', () => {
  it.each([
    ['without a command', []],
    ['with an unknown one', ['move']],
    ['with an unknown option', ['copy', '--from', 'file:a', '--onto', 'file:b']],
    ['with one argument too many', ['copy', 'now', '--from', 'file:a', '--to', 'file:b']],
    ['with a store that is none', ['copy', '--from', 'mysql://u:secret@h/d', '--to', 'file:b']],
    ['with a variable that is not set', ['copy', '--from', 'env:NOT_SET', '--to', 'file:b']],
    ['without stores', ['copy']],
    ['with a backup without a file', ['backup']],
    ['with two files', ['restore', 'a', 'b']],
    ['with an option of another command', ['restore', 'a', '--owner', 'b']],
    ['with JSON where the backup goes', ['backup', '-', '--json', '--from', 'file:a']],
    ['with an erasure of nobody', ['erase', '--from', 'file:a']],
    ['with days that are none', ['prune', '--days', '1.5', '--from', 'file:a']],
  ])('is used in a wrong way %s: 2', async (_, args) => {
    const ran = await history(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expectSentence(ran);
    expect(ran.stderr.length).toBeLessThan(200);
  });

  it.each(['--help', '-h'])('shows its usage on standard output for %s', async (help) => {
    const shown = await history([help], { HISTORY_STORAGE_TYPE: 'disk' });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expectHelp(shown.stdout, [
      'copy --from A --to B',
      'verify --from A --to B',
      'verify FILE',
      'backup FILE',
      'restore FILE',
      'erase --owner O',
      'prune',
    ]);
  });

  it('takes what follows -- for names', async () => {
    const ran = await history(['verify', '--', '--help']);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
  });

  it.each([
    ['memory', ['copy', '--to', 'file:/tmp/nowhere'], {}],
    ['memory and erase', ['erase', '--owner', 'me'], {}],
    ['memory and prune', ['prune', '--days', '1'], {}],
    ['a backup that is not there', ['restore', '/no/such', '--to', 'file:/tmp/x'], {}],
    ['a folder to erase that is not there', ['erase', '--owner', 'me', '--from', 'file:/no'], {}],
    ['wrong settings', ['copy', '--to', 'file:/tmp/nowhere'], { HISTORY_STORAGE_TYPE: 'disk' }],
    ['a folder that is not there', ['copy', '--from', 'file:/no/such', '--to', 'file:/tmp/x'], {}],
    ['a file that is not there', ['verify', '--from', 'sqlite:/no/x', '--to', 'file:/tmp/x'], {}],
    ['the same store twice', ['copy', '--from', 'file:/tmp/x', '--to', 'file:/tmp/./x'], {}],
    [
      'a database that is away',
      ['copy', '--from', 'postgres://me:secret@127.0.0.1:1/chat', '--to', 'file:/tmp/x'],
      {},
    ],
  ])('cannot work with %s: 1', async (_, args, env) => {
    const ran = await history(args, env);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).not.toMatch(/\n {4}at |node_modules|secret/);
  });
});
