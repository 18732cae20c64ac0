import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { loadSettings, SettingsError } from '../../../src/config/load-settings.js';
import { folderWith, load, problemsOf, settingsOf } from './load.js';

const DATABASE = { HISTORY_STORAGE_TYPE: 'database' };
const KEY = '0123456789abcdefghij';
const OTHER_KEY = 'abcdefghij0123456789';

describe('HISTORY_DB_URL', () => {
  it.each([
    ['', 'data/chat.sqlite'],
    ['sqlite:./data/mine.sqlite', 'data/mine.sqlite'],
    ['sqlite:mine.sqlite', 'mine.sqlite'],
    ['sqlite:///relative/mine.db', 'relative/mine.db'],
    ['sqlite+aiosqlite:///mine.db?check_same_thread=False', 'mine.db'],
    ['SQLITE:/absolute/mine.db', '/absolute/mine.db'],
    ['sqlite:////absolute/mine.db', '/absolute/mine.db'],
    ['sqlite3:mine.db', 'mine.db'],
    ['sqlite:///file:mine.db?mode=rwc&uri=true', 'mine.db'],
    ['sqlite:file:/absolute/mine.db', '/absolute/mine.db'],
  ])('%j is the SQLite file %s', (url, file) => {
    const cwd = folderWith();
    const { history } = loadSettings({ env: { ...DATABASE, HISTORY_DB_URL: url }, cwd }).settings;
    const expected = file.startsWith('/') ? file : join(cwd, file);
    expect(history.storage).toEqual({ kind: 'sqlite', file: expected });
  });

  it.each([
    [
      'postgres://u:p@db:5432/chat?sslmode=require',
      'postgres',
      'postgresql://u:p@db:5432/chat?sslmode=require',
    ],
    ['postgresql://db/chat', 'postgres', 'postgresql://db/chat'],
    ['postgresql+psycopg2://u:p@db/chat', 'postgres', 'postgresql://u:p@db/chat'],
    [
      'postgresql:///chat?host=/var/run/postgresql',
      'postgres',
      'postgresql:///chat?host=/var/run/postgresql',
    ],
    ...[
      'postgresql:///chat',
      'postgresql://u:p@/chat?host=/var/run/postgresql',
      'postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/chat',
      'postgresql://u:p@%2Fvar%2Frun%2Fpostgresql:5433/chat',
      'postgresql://u:p@a:5432,b:5433/chat?target_session_attrs=read-write',
      'postgresql://u:p@a,b/chat',
      'postgresql://u:p@/chat?host=a,b&port=5432,5433',
      'postgresql://u:p@[::1]:5432,[fd00::2]/chat',
      'postgresql://db/chat?options=-c search_path=a',
    ].map((url) => [url, 'postgres', url]),
    [
      'mongodb://%2Ftmp%2Fmongodb-27017.sock/chat',
      'mongodb',
      'mongodb://%2Ftmp%2Fmongodb-27017.sock/chat',
    ],
    [
      'mongodb://u:p@a:27017,b:27017/chat?replicaSet=rs',
      'mongodb',
      'mongodb://u:p@a:27017,b:27017/chat?replicaSet=rs',
    ],
    ['mongodb+srv://cluster.example/chat', 'mongodb', 'mongodb+srv://cluster.example/chat'],
  ])('%s is %s', (url, kind, expected) => {
    const env = { ...DATABASE, HISTORY_DB_URL: url, HISTORY_DB_POOL: '3' };
    expect(settingsOf(env).history.storage).toEqual({ kind, url: expected, pool: 3 });
  });

  it.each([
    'mysql://u:hunter2@db/chat',
    'sqlite:',
    'sqlite://',
    'sqlite://data/chat.sqlite',
    'sqlite::memory:',
    'sqlite:///:memory:',
    'postgres://',
    'postgres://u:hunter2#x@db/chat',
    'postgres:db',
    'postgres://u:hunter2/x@db/chat',
    'postgres://u:12/hunter2@db/chat',
    'postgres://u:hunter2%zz@db/chat',
    'postgres://db:port/chat',
    'host=db dbname=chat password=hunter2',
    'jdbc:postgresql://db/chat?password=hunter2',
    'file:./chat.db',
    'sqlite:chat.db?mode=memory',
    'sqlite:file:chat.db?mode=ro',
    'mongodb://',
    'mongodb://u:hunter2@2@db/chat',
    './data/chat.sqlite',
  ])('%s is refused without being told', (url) => {
    const problems = problemsOf({ ...DATABASE, HISTORY_DB_URL: url });
    expect(problems).toEqual([expect.stringMatching(/^HISTORY_DB_URL: expected sqlite:path, /)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each(['memory', 'file'])('is refused with %s storage, which would lose its data', (type) => {
    const url = 'postgres://u:hunter2@db/chat';
    const line = `HISTORY_DB_URL: expected only with HISTORY_STORAGE_TYPE=database; with ${type} nothing would be stored in that database`;
    expect(problemsOf({ HISTORY_STORAGE_TYPE: type, HISTORY_DB_URL: url })).toEqual([line]);
    expect(problemsOf({ HISTORY_STORAGE_TYPE: type, HISTORY_DB_URL_FILE: 'url' }, { url })).toEqual(
      [line],
    );
    expect(() => settingsOf({ HISTORY_STORAGE_TYPE: type, HISTORY_DB_URL: 'None' })).not.toThrow();
  });
});

describe('API_WORKERS', () => {
  it.each(['memory', 'file'])('above 1 is refused with %s storage', (type) => {
    const [problem] = problemsOf({ API_WORKERS: '2', HISTORY_STORAGE_TYPE: type });
    expect(problem).toMatch(/^API_WORKERS: expected 1 unless HISTORY_STORAGE_TYPE=database/);
    expect(problem).toContain(type);
  });

  it('above 1 is taken with a database', () => {
    expect(settingsOf({ ...DATABASE, API_WORKERS: '4' }).api.workers).toBe(4);
  });
});

describe('API_KEYS', () => {
  it('keeps names and digests, and never the keys', () => {
    const { settings } = load({ API_KEYS: `alice:${KEY}, bob:with:colon:${OTHER_KEY}` });
    const digest = (key: string): Buffer => createHash('sha256').update(key).digest();
    expect(settings.api.keys).toEqual([
      { owner: 'alice', digest: digest(KEY) },
      { owner: 'bob', digest: digest(`with:colon:${OTHER_KEY}`) },
    ]);
    expect(inspect(settings, { depth: 10 }) + JSON.stringify(settings)).not.toContain(KEY);
  });

  it.each([
    [`alice`, 'in entry 1 a name, a colon and a key'],
    [`a:${KEY},bob:tooshort`, 'in entry 2 a key of at least 20 characters'],
    [`:${KEY}`, 'in entry 1 a name of up to 64 letters'],
    [`al ice:${KEY}`, 'in entry 1 a name of up to 64 letters'],
    [`../x:${KEY}`, 'in entry 1 a name of up to 64 letters'],
    [`alice:${KEY} and more`, 'in entry 1 a key of printable ASCII'],
    [`alice:${KEY}ü`, 'in entry 1 a key of printable ASCII'],
    [
      `alice:${KEY},Alice:${OTHER_KEY}`,
      'in entry 2 a name that is different from those of other entries',
    ],
    [
      `Alice:${KEY},alice:${OTHER_KEY}`,
      'in entry 2 a name that is different from those of other entries',
    ],
    [`alice:${KEY},bob:${KEY}`, 'in entry 2 a key that is different from those of other entries'],
    [`,`, 'name:key pairs'],
  ])('%s is refused, by its place only', (text, expected) => {
    const problems = problemsOf({ API_KEYS: text });
    expect(problems).toEqual([expect.stringContaining(`API_KEYS: expected ${expected}`)]);
    expect(problems.join()).not.toMatch(/alice|bob|tooshort|0123456789abcdefghij/i);
  });
});

describe('a wrong configuration', () => {
  it('tells everything that is wrong at once, one line a variable, and where it stands', () => {
    const env = {
      API_PORT: 'eighty',
      API_KEYS: 'alice:hunter2',
      API_WORKERS: '3',
      HISTORY_DB_URL: 'postgres://u:hunter2@db/chat',
    };
    const files = { '.env': 'LOG_LEVEL=LOUD\nAPI_DEBUG=perhaps', 'config.yaml': 'nothing: 1' };
    const names = problemsOf(env, files).map((problem) => problem.split(/:| in /)[0]);
    expect(names.sort()).toEqual([
      'API_DEBUG',
      'API_KEYS',
      'API_PORT',
      'API_WORKERS',
      'HISTORY_DB_URL',
      'LOG_LEVEL',
      'nothing',
    ]);
    expect(problemsOf(env, files)).toContainEqual(expect.stringContaining('(set in .env)'));
  });

  it.each([
    [
      'HISTORY_STORAGE_TYPE',
      { HISTORY_STORAGE_TYPE: 'databse', HISTORY_DB_URL: 'postgres://db/x' },
    ],
    ['HISTORY_STORAGE_TYPE', { HISTORY_STORAGE_TYPE: 'databse', API_WORKERS: '2' }],
    ['HISTORY_DB_URL', { HISTORY_DB_URL: 'mysql://db/x' }],
    ['HISTORY_DB_URL_FILE', { HISTORY_DB_URL_FILE: 'gone' }],
  ])('with a wrong %s tells that, and not what would follow from it', (name, env) => {
    expect(problemsOf(env)).toEqual([expect.stringMatching(`^${name}: `)]);
  });

  it('has a message for a person, without any value', () => {
    const env = { API_KEYS: 'alice:hunter2', OLLAMA_TIMEOUT: 'hunter2' };
    let message = '';
    try {
      load(env);
    } catch (error) {
      if (error instanceof SettingsError) message = `${error.message}${error.stack ?? ''}`;
    }
    expect(message).toMatch(/The configuration is wrong:\n {2}API_KEYS: .+\n {2}OLLAMA_TIMEOUT: /);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    [{ OLLAMA_API_KEY: 'hunter2', OLLAMA_BASE_URL: 'http://ann:hunter2@gpu' }],
    [{ OLLAMA_API_KEY: 'hunter2', OLLAMA_HEADERS: 'Authorization=hunter2' }],
    [{ OLLAMA_BASE_URL: 'http://hunter2@gpu', OLLAMA_HEADERS: 'authorization=hunter2' }],
  ])('wants one way to sign in to Ollama, not two', (env) => {
    const problems = problemsOf(env);
    expect(problems).toEqual([expect.stringMatching(/^OLLAMA_API_KEY: expected only one of it/)]);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each([
    { OLLAMA_BASE_URL: 'ftp://ann:hunter2@gpu' },
    { OLLAMA_API_KEY: 'hunter2 hunter2' },
    { OLLAMA_HEADERS: 'X-Key: hunter2' },
  ])('does not show the secret in a wrong value', (env) => {
    expect(problemsOf(env).join()).not.toContain('hunter2');
  });

  it('reads the key for Ollama from a file', () => {
    const files = { 'ollama.key': 'sk-from-a-file\n' };
    const { ollama } = settingsOf({ OLLAMA_API_KEY_FILE: 'ollama.key' }, files);
    expect(ollama.apiKey).toBe('sk-from-a-file');
  });
});
