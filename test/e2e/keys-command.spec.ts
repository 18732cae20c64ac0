import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { expectHelp, runCommand, type Ran } from '../support/command.js';
import { loadedFiles } from '../support/loaded-files.js';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';

const keys = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCommand('keys', args, { env });

/** One sentence, and nothing that a person should not see. */
function expectSentence({ stderr }: Ran): void {
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).not.toMatch(/\n {4}at |node_modules|secret|ocs_/);
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
function valueOf(digits: string): number {
  return [...digits].reduce((value, digit) => value * 62 + BASE62.indexOf(digit), 0);
}

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const NO_LIMITS = { requests: null, streams: null, tokens_day: null, tokens_month: null };

describeOnDurableStores('the keys command', (make) => {
  let storage: TestStorage;
  beforeAll(async () => {
    storage = await make();
  });
  afterAll(() => storage.dispose());

  const run = (...args: string[]) => keys(args, storage.env);
  const json = async (...args: string[]) => {
    const ran = await run(...args, '--json');
    expect(ran).toMatchObject({ code: 0 });
    expectSentence(ran);
    return JSON.parse(ran.stdout);
  };
  const listed = async (name: string) =>
    (await json('list')).filter((key: { name: string }) => key.name === name);

  it('makes a key, shows it once, and lists, changes and revokes it', async () => {
    const made = await run('create', 'ci', '--owner', 'team', '--expires', '90d');
    expect(made).toMatchObject({ code: 0 });
    expectSentence(made);
    const [, random = '', sum = ''] =
      /^ocs_([0-9A-Za-z]{30})([0-9A-Za-z]{6})\n$/.exec(made.stdout) ?? [];
    expect(valueOf(sum)).toBe(crc32(random));

    const [key] = await listed('ci');
    expect(key).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'ci',
      owner: 'team',
      scopes: ['chat'],
      models: null,
      limits: NO_LIMITS,
      created_at: TIME,
      expires_at: TIME,
      last_used_at: null,
      revoked_at: null,
      hint: made.stdout.slice(0, 8),
    });
    expect(Date.parse(key.expires_at) - Date.parse(key.created_at)).toBe(90 * 86_400_000);

    const changed = { ...key, scopes: ['read', 'admin'], models: ['a:1', 'b'], expires_at: null };
    const options = ['--scopes', 'admin,read', '--models', 'a:1,b', '--expires', 'none'];
    expect(await json('update', 'ci', ...options)).toEqual(changed);
    const table = await run('list');
    expect(table.stdout).toMatch(/^NAME .*\n(.*\n)*ci +team +live +read,admin +a:1,b /);

    const revoked = await json('revoke', 'ci');
    expect(revoked).toEqual({ ...changed, revoked_at: TIME });
    expect(await json('revoke', key.id)).toEqual(revoked);
    expect(await listed('ci')).toEqual([revoked]);
    expect((await run('revoke', 'ci')).stdout).toBe('');
    expect(await run('update', 'ci', '--owner', 'x')).toMatchObject({ code: 1, stdout: '' });
  });

  it('as JSON shows a new key with its limits', async () => {
    const limits = [
      '--requests',
      '5',
      '--streams',
      '1',
      '--tokens-day',
      '0',
      '--tokens-month',
      '9',
    ];
    const { key, ...made } = await json('create', 'full', '--scopes', 'chat,read', ...limits);
    expect(key).toMatch(/^ocs_[0-9A-Za-z]{36}$/);
    expect(made).toEqual({
      id: expect.any(String),
      name: 'full',
      owner: 'full',
      scopes: ['chat', 'read'],
      models: null,
      limits: { requests: 5, streams: 1, tokens_day: 0, tokens_month: 9 },
      created_at: TIME,
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
    });
    const changed = await json('update', 'full', '--requests', 'none');
    expect(changed.limits).toEqual({ ...made.limits, requests: null });
  });

  it('revokes a new key that could not be shown, and says why it could not', async () => {
    const unwritable = await open(import.meta.filename, 'r');
    try {
      for (const [stdout, code] of [
        [unwritable.fd, 'EBADF'],
        ['closed', 'EPIPE'],
      ] as const) {
        const made = await runCommand('keys', ['create', 'unshown'], { env: storage.env, stdout });
        const stderr = `Standard output cannot be written (${code}), so the key was revoked\n`;
        expect(made).toMatchObject({ code: 1, stderr });
      }
    } finally {
      await unwritable.close();
    }
    const keysOfName = await listed('unshown');
    expect(keysOfName).toEqual(Array(2).fill(expect.objectContaining({ revoked_at: TIME })));
  });

  it('says what it did where the result cannot be written, and fails', async () => {
    const unwritable = await open(import.meta.filename, 'r');
    const how = { env: storage.env, stdout: unwritable.fd };
    await run('create', 'unwritten');
    const revoked = await runCommand('keys', ['revoke', 'unwritten', '--json'], how);
    await unwritable.close();
    expect(revoked).toMatchObject({
      code: 1,
      stderr: 'Standard output cannot be written (EBADF); the rest is done: The key is revoked\n',
    });
  });

  it('ends its list where the reader has gone, without a fault', async () => {
    const list = await runCommand('keys', ['list'], { env: storage.env, stdout: 'closed' });
    expect(list).toMatchObject({ code: 0, stderr: expect.stringMatching(/^\d+ keys?\n$/) });
  });

  it('takes a name once, and none of API_KEYS', async () => {
    const [first, second] = await Promise.all([run('create', 'one'), run('create', 'One')]);
    expect([first.code, second.code].sort()).toEqual([0, 1]);
    expectSentence(first.code === 1 ? first : second);
    const env = { ...storage.env, API_KEYS: 'Fixed:secret-0123456789abcdef' };
    const taken = await keys(['create', 'fixed'], env);
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expectSentence(taken);
  });

  it('does not know a key that is not there', async () => {
    for (const args of [
      ['revoke', 'nobody'],
      ['update', 'nobody', '--owner', 'x'],
    ]) {
      const ran = await run(...args);
      expect(ran).toMatchObject({ code: 1, stdout: '' });
      expectSentence(ran);
    }
  });

  it('keeps no key as it is', async () => {
    const { stdout } = await run('create', 'unseen');
    const list = await run('list', '--json');
    expect(list.stdout).not.toContain(stdout.trim().slice(8));
  });
});

describe('the keys command', () => {
  it.each([
    ['without a command', []],
    ['with an unknown one', ['remove', 'ci']],
    ['without a name', ['create']],
    ['with two names', ['create', 'a', 'b']],
    ['with a name of other characters', ['create', 'a b']],
    ['with a long name', ['create', 'a'.repeat(65)]],
    ['with an unknown option', ['create', 'a', '--secret', 'x']],
    ['with an unknown scope', ['create', 'a', '--scopes', 'chat,secret']],
    ['with a time without a unit', ['create', 'a', '--expires', '90']],
    ['with a time that is none', ['create', 'a', '--expires', '0d']],
    ['with a limit that is none', ['create', 'a', '--requests', '-1']],
    ['with an owner that is none', ['create', 'a', '--owner', 'a b']],
    ['with a change of nothing', ['update', 'a']],
    ['with a change while it revokes', ['revoke', 'a', '--owner', 'b']],
    ['with a name for the list', ['list', 'a']],
  ])('is used in a wrong way %s: 2', async (_, args) => {
    const ran = await keys(args);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expectSentence(ran);
  });

  it.each(['0d', '90', 'never'])('says which expiry it takes in place of %s', async (expires) => {
    expect(await keys(['create', 'a', '--expires', expires])).toMatchObject({
      code: 2,
      stderr: '--expires: expected a number above 0 with s, m, h or d, such as 90d\n',
    });
  });

  it.each(['--help', '-h'])('shows its usage on standard output for %s', async (help) => {
    const shown = await keys(['create', help], { HISTORY_STORAGE_TYPE: 'disk' });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expectHelp(shown.stdout, ['create NAME', 'list', 'update NAME', 'revoke NAME']);
    expect(shown.stdout).toContain('--expires 90d');
  });

  it.each([
    ['memory', {}],
    ['wrong settings', { HISTORY_STORAGE_TYPE: 'disk' }],
    [
      'a database that is away',
      {
        HISTORY_STORAGE_TYPE: 'database',
        HISTORY_DB_URL: 'postgres://me:secret@127.0.0.1:1/chat',
      },
    ],
  ])('cannot work with %s: 1', async (_, env) => {
    const ran = await keys(['create', 'ci'], env);
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).not.toMatch(/\n {4}at |node_modules|secret/);
  });

  it('loads no part of the service: no framework, no LangChain, no driver of files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chat-keys-'));
    const loaded = join(folder, 'loaded');
    const env = {
      HISTORY_STORAGE_TYPE: 'file',
      HISTORY_FILE_PATH: join(folder, 'history'),
      NODE_OPTIONS: `--import ${resolve(import.meta.dirname, '../support/loaded-modules.mjs')}`,
      LOADED_MODULES: loaded,
    };
    expect(await keys(['create', 'ci'], env)).toMatchObject({ code: 0 });
    const modules = loadedFiles(loaded);
    await rm(folder, { recursive: true });
    expect(modules.some((name) => name.endsWith('src/store/file/file-key-store.ts'))).toBe(true);
    const packages = modules.flatMap(
      (name) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? [],
    );
    expect(
      packages.filter((name) =>
        /^(@nestjs|@langchain|express|typeorm|mongodb|pg|undici|jose|class-)/.test(name),
      ),
    ).toEqual([]);
    expect(modules.length).toBeLessThan(200);
  });
});
