import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectHelp, runCommand, type Ran } from '../support/command.js';
import { freePort } from '../support/free-port.js';
import { POSTGRES_KIND, SQLITE_KIND } from './typeorm-databases.js';

const migrate = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runCommand('migrate', args, { env });

/** One sentence, and nothing that a person should not see. */
function expectSentence({ stderr }: Ran): void {
  expect(stderr).toMatch(/^[^\n]+\n$/);
  expect(stderr).not.toMatch(/ at |node_modules|secret/);
}

/** A server that breaks off its first connections, and then is the one of this URL. */
async function awayBefore(url: string, times: number) {
  const target = new URL(url);
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    if (count <= times) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    client.on('error', () => upstream.destroy()).pipe(upstream);
    upstream.on('error', () => client.destroy()).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const here = new URL(url);
  here.host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { url: here.href, close: () => server.close() };
}

describe('node dist/src/migrate.js', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-migrate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const sqlite = () => ({
    HISTORY_STORAGE_TYPE: 'database',
    HISTORY_DB_URL: `sqlite:${join(folder, 'chat.sqlite')}`,
  });

  it.each([
    ['without a command', []],
    ['with an unknown one', ['sideways']],
    ['with a name of an object', ['constructor']],
    ['with more than one', ['status', 'run']],
    ['with an unknown option', ['status', '--secret']],
  ])('is used in a wrong way %s: 2', async (_, args) => {
    const ran = await migrate(args, sqlite());
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expectSentence(ran);
  });

  it.each(['--help', '-h'])('shows its usage on standard output for %s', async (help) => {
    const shown = await migrate([help], { HISTORY_STORAGE_TYPE: 'disk' });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expectHelp(shown.stdout, ['run', 'revert', 'status']);
  });

  it('ends where the reader has gone, without a fault', async () => {
    const how = { env: sqlite(), stdout: 'closed' } as const;
    const sentence = /^The database has 0 of \d+ migrations\n$/;
    expect(await runCommand('migrate', ['status'], how)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(sentence),
    });
  });

  it('cannot write LOG_FILE, or has no database: 1', async () => {
    const notAFolder = join(folder, 'file');
    writeFileSync(notAFolder, '');
    const unwritten = await migrate(['run'], { ...sqlite(), LOG_FILE: join(notAFolder, 'log') });
    expect(unwritten).toMatchObject({ code: 1, stdout: '' });
    expect(unwritten.stderr).toMatch(/^LOG_FILE: expected a file that can be written /);
    expectSentence(unwritten);
    const inMemory = await migrate(['run'], { HISTORY_STORAGE_TYPE: 'memory' });
    expect(inMemory).toMatchObject({ code: 1, stdout: '' });
    expectSentence(inMemory);
  });

  it('gives up a database that stays away: 1', async () => {
    const url = `postgres://me:secret@127.0.0.1:${String(await freePort())}/chat`;
    const ran = await migrate(['status'], {
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: url,
    });
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(ran.stderr).toBe('HISTORY_DB_URL: the store cannot be reached\n');
  }, 30_000);
});

SQLITE_KIND.describe('node dist/src/migrate.js on SQLite', () => {
  it('says the schema afterwards, as JSON where a script reads it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chat-migrate-'));
    const env = {
      HISTORY_STORAGE_TYPE: 'database',
      HISTORY_DB_URL: `sqlite:${join(folder, 'chat.sqlite')}`,
    };
    try {
      const all = SQLITE_KIND.migrations.map((name) => ({ name, applied: true }));
      const count = all.length;
      for (const [name, applied] of [
        ['run', count],
        ['revert', count - 1],
        ['status', count - 1],
      ] as const) {
        const ran = await migrate([name, '--json'], env);
        const states = all.map((state, index) => ({ ...state, applied: index < applied }));
        expect(JSON.parse(ran.stdout)).toEqual(states);
        expect(ran).toMatchObject({
          code: 0,
          stderr: `The database has ${String(applied)} of ${String(count)} migrations\n`,
        });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

POSTGRES_KIND.describe('node dist/src/migrate.js on PostgreSQL', () => {
  it('waits for a database that is away for a moment', async () => {
    const database = await POSTGRES_KIND.make();
    const { target } = database;
    const server = await awayBefore(target.kind === 'postgres' ? target.url : '', 4);
    try {
      const ran = await migrate(['run'], {
        HISTORY_STORAGE_TYPE: 'database',
        HISTORY_DB_URL: server.url,
      });
      expect(ran).toMatchObject({ code: 0 });
      expectSentence(ran);
      const rows = await database.query<{ name: string }>('SELECT name FROM migrations');
      expect(rows.map(({ name }) => name)).toEqual(POSTGRES_KIND.migrations);
    } finally {
      server.close();
      await database.dispose();
    }
  }, 30_000);
});
