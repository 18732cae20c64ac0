import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStore } from '../../src/store/create-store.js';
import type { Store } from '../../src/store/store.js';
import { Scene } from '../contract/store/scene.js';
import { runCommand, type Ran } from '../support/command.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { makeRichHistory } from '../support/rich-history.js';
import { argumentOf, describeOnDurableStores, type TestStorage } from '../support/storages.js';

const history = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCommand('history', args, { env });

async function opened({ target }: TestStorage): Promise<Store> {
  const store = await createStore({ storage: target }, new RecordingLogger());
  await store.open();
  return store;
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
    expect(counts).toEqual({ conversations: 8, messages: expect.any(Number) });

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
    expect(lines[0]).toMatch(/^[0-9a-f]{64}\t9\t\d+\t/);
  });

  it('refuse to copy into a store that is served, and one with other conversations', async () => {
    const file = `file:${join(folder, 'other')}`;
    expect(
      await history(['copy', '--from', argumentOf(source.target), '--to', file]),
    ).toMatchObject({ code: 0 });
    const worker = 'a worker';
    let beat = served.coordination.heartbeat(worker);
    await beat;
    const beats = setInterval(() => {
      beat = beat.then(() => served.coordination.heartbeat(worker));
    }, 200);
    const refused = await history(['copy', '--from', file, '--to', argumentOf(source.target)]);
    clearInterval(beats);
    await beat;
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^--to: (a|another) process/);
    expectSentence(refused);
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
  ])('is used in a wrong way %s: 2', async (_, args) => {
    const ran = await history(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expectSentence(ran);
  });

  it.each([
    ['memory', ['copy', '--to', 'file:/tmp/nowhere'], {}],
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
