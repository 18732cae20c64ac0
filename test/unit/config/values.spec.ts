import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

import { loadSettings } from '../../../src/config/load-settings.js';
import type { Settings } from '../../../src/config/settings.js';
import { folderWith, problemsOf, settingsOf } from './load.js';

type Row = [name: string, text: string, expected: unknown];

const READ: Record<string, (settings: Settings) => unknown> = {
  API_HOST: ({ api }) => api.host,
  API_PORT: ({ api }) => api.port,
  API_DEBUG: ({ api }) => api.debug,
  CORS_ORIGINS: ({ api }) => api.corsOrigins,
  CORS_HEADERS: ({ api }) => api.corsHeaders,
  ALLOWED_HOSTS: ({ api }) => api.allowedHosts,
  TRUST_PROXY: ({ api }) => api.trustProxy,
  KEEP_ALIVE_TIMEOUT: ({ api }) => api.keepAliveMs,
  MAX_CHAT_BODY: ({ api }) => api.maxChatBody,
  OLLAMA_BASE_URL: ({ ollama }) => ollama.baseUrl,
  OLLAMA_API_KEY: ({ ollama }) => ollama.apiKey,
  OLLAMA_HEADERS: ({ ollama }) => ollama.headers,
  OLLAMA_TIMEOUT: ({ ollama }) => ollama.timeoutMs,
  OLLAMA_NUM_CTX: ({ models }) => models.contextTokens,
  OLLAMA_KEEP_ALIVE: ({ ollama }) => ollama.keepAlive,
  MODEL_ALLOW: ({ models }) => models.allow,
  MODEL_DEFAULT_TEMPERATURE: ({ models }) => models.defaultTemperature,
  GENERATION_TIMEOUT: ({ generation }) => generation.timeoutMs,
  MAX_CONCURRENT_GENERATIONS: ({ generation }) => generation.maxConcurrent,
  LOG_LEVEL: ({ log }) => log.level,
  LOG_FORMAT: ({ log }) => log.format,
  LOG_FILE: ({ log }) => log.file,
  SHUTDOWN_DELAY: ({ shutdown }) => shutdown.delayMs,
};

const ACCEPTED: Row[] = [
  ['API_HOST', '0.0.0', '0.0.0.0'],
  ['API_HOST', '0.0', '0.0.0.0'],
  ['API_HOST', '127.0.0.1', '127.0.0.1'],
  ['API_HOST', 'localhost', 'localhost'],
  ['API_HOST', '[::]', '::'],
  ['API_PORT', ' 9000 ', 9000],
  ['API_PORT', '0', 0],
  ['API_DEBUG', 'True', true],
  ['API_DEBUG', 'YES', true],
  ['API_DEBUG', '1', true],
  ['API_DEBUG', 'on', true],
  ['API_DEBUG', 'FALSE', false],
  ['API_DEBUG', '0', false],
  ['API_DEBUG', 'no', false],
  ['CORS_ORIGINS', '*', '*'],
  [
    'CORS_ORIGINS',
    'https://app.example.com/, HTTP://Other.example:80,capacitor://localhost',
    ['https://app.example.com', 'http://other.example', 'capacitor://localhost'],
  ],
  ['TRUST_PROXY', 'False', false],
  ['TRUST_PROXY', '0', false],
  ['TRUST_PROXY', '2', 2],
  ['TRUST_PROXY', '10.1.0.0/16, ::1', ['10.1.0.0/16', '::1']],
  [
    'TRUST_PROXY',
    'Private',
    expect.arrayContaining(['127.0.0.0/8', '172.16.0.0/12', '100.64.0.0/10', 'fc00::/7']),
  ],
  ['TRUST_PROXY', 'private,203.0.113.7', expect.arrayContaining(['10.0.0.0/8', '203.0.113.7'])],
  ['CORS_HEADERS', 'X-Tenant, x-feature', ['X-Tenant', 'x-feature']],
  ['ALLOWED_HOSTS', 'Chat.Example.com., chat', ['chat.example.com', 'chat']],
  ['ALLOWED_HOSTS', '*.example.com', ['*.example.com']],
  ['ALLOWED_HOSTS', '*', ['*']],
  ['KEEP_ALIVE_TIMEOUT', '620', 620_000],
  ['MAX_CHAT_BODY', '262144', 262_144],
  ['MAX_CHAT_BODY', '16MiB', 16_777_216],
  ['MAX_CHAT_BODY', '1.5 m', 1_572_864],
  ['MAX_CHAT_BODY', '20 MB', 20_000_000],
  ['MAX_CHAT_BODY', '512kib', 524_288],
  ['OLLAMA_BASE_URL', 'http://gpu:11434/', 'http://gpu:11434'],
  ['OLLAMA_BASE_URL', 'HTTPS://Gpu.example/ollama//', 'https://gpu.example/ollama'],
  ['OLLAMA_BASE_URL', 'gpu:1234', 'http://gpu:1234'],
  ['OLLAMA_BASE_URL', '192.168.1.9', 'http://192.168.1.9:11434'],
  ['OLLAMA_BASE_URL', '::1', 'http://[::1]:11434'],
  ['OLLAMA_BASE_URL', 'http://ann:p%40ss@gpu:11434/', 'http://ann:p%40ss@gpu:11434'],
  ['OLLAMA_BASE_URL', 'ann:secret@gpu:1234/ollama', 'http://ann:secret@gpu:1234/ollama'],
  ['OLLAMA_BASE_URL', 'https://token@gpu', 'https://token@gpu'],
  ['OLLAMA_API_KEY', ' sk-abc==/+ ', 'sk-abc==/+'],
  ['OLLAMA_API_KEY', '', null],
  ['OLLAMA_HEADERS', 'X-Tenant=chat', [['x-tenant', 'chat']]],
  [
    'OLLAMA_HEADERS',
    ' Authorization=Basic%20YTpi== , X-Note=one%2C%20two,',
    [
      ['authorization', 'Basic YTpi=='],
      ['x-note', 'one, two'],
    ],
  ],
  ['OLLAMA_HEADERS', '', []],
  ['OLLAMA_TIMEOUT', '0.25', 250],
  ['OLLAMA_TIMEOUT', '30', 30_000],
  ['OLLAMA_NUM_CTX', '16384', 16_384],
  ['OLLAMA_NUM_CTX', 'None', null],
  ['OLLAMA_KEEP_ALIVE', '5m', '5m'],
  ['OLLAMA_KEEP_ALIVE', '1h30m', '1h30m'],
  ['OLLAMA_KEEP_ALIVE', '-1', '-1s'],
  ['OLLAMA_KEEP_ALIVE', '300', '300s'],
  ['MODEL_ALLOW', 'llama2, hf.co/a/b:Q4_K_M ,', ['llama2', 'hf.co/a/b:Q4_K_M']],
  ['MODEL_DEFAULT_TEMPERATURE', '1', 1],
  ['MODEL_DEFAULT_TEMPERATURE', '.5', 0.5],
  ['GENERATION_TIMEOUT', '90', 90_000],
  ['GENERATION_TIMEOUT', '0', null],
  ['MAX_CONCURRENT_GENERATIONS', '4', 4],
  ['MAX_CONCURRENT_GENERATIONS', '0', null],
  ['LOG_LEVEL', 'trace', 'trace'],
  ['LOG_LEVEL', 'Debug', 'debug'],
  ['LOG_LEVEL', 'INFO', 'info'],
  ['LOG_LEVEL', 'WARN', 'warn'],
  ['LOG_LEVEL', 'warning', 'warn'],
  ['LOG_LEVEL', 'ERROR', 'error'],
  ['LOG_LEVEL', 'FATAL', 'fatal'],
  ['LOG_LEVEL', 'critical', 'fatal'],
  ['LOG_FORMAT', 'Structured', 'json'],
  ['LOG_FORMAT', 'JSON', 'json'],
  ['LOG_FORMAT', 'text', 'text'],
  ['LOG_FILE', 'None', null],
  ['SHUTDOWN_DELAY', '1.5', 1500],
];

const REFUSED: [name: string, text: string][] = [
  ['API_HOST', 'http://localhost'],
  ['API_HOST', '1.2.3'],
  ['API_HOST', 'a b'],
  ['API_PORT', '65536'],
  ['API_PORT', '-1'],
  ['API_PORT', '0x10'],
  ['API_PORT', '1e3'],
  ['API_PORT', '80.5'],
  ['API_DEBUG', 'maybe'],
  ['API_WORKERS', '0'],
  ['CORS_ORIGINS', 'app.mine.test'],
  ['CORS_ORIGINS', 'https://app.example.com/path'],
  ['CORS_ORIGINS', '*,https://app.example.com'],
  ['TRUST_PROXY', 'true'],
  ['TRUST_PROXY', '10.0.0.0/33'],
  ['TRUST_PROXY', '0.0.0.0/0'],
  ['TRUST_PROXY', 'proxy.example'],
  ['CORS_HEADERS', 'X-Tenant X-Feature'],
  ['CORS_HEADERS', '*'],
  ['ALLOWED_HOSTS', 'https://chat.example.com'],
  ['ALLOWED_HOSTS', 'chat.example.com:8000'],
  ['ALLOWED_HOSTS', 'chat.*'],
  ['KEEP_ALIVE_TIMEOUT', '0'],
  ['MAX_CHAT_BODY', '100000'],
  ['MAX_CHAT_BODY', '16 tons'],
  ['MAX_CHAT_BODY', '2GiB'],
  ['OLLAMA_BASE_URL', 'ftp://gpu'],
  ['OLLAMA_BASE_URL', 'http://user:%zz@gpu:11434'],
  ['OLLAMA_BASE_URL', 'http://gpu:11434?key=secret'],
  ['OLLAMA_API_KEY', 'Bearer abc'],
  ['OLLAMA_API_KEY', 'naïve'],
  ['OLLAMA_HEADERS', 'X-Tenant'],
  ['OLLAMA_HEADERS', '=chat'],
  ['OLLAMA_HEADERS', 'X-Tenant='],
  ['OLLAMA_HEADERS', 'X-Tenant=a,x-tenant=b'],
  ['OLLAMA_HEADERS', 'X-Tenant=a%0d%0aX-Evil=b'],
  ['OLLAMA_HEADERS', 'X-Tenant=%zz'],
  ['OLLAMA_HEADERS', 'X Tenant=a'],
  ['OLLAMA_HEADERS', 'Transfer-Encoding=chunked'],
  ['OLLAMA_HEADERS', 'Content-Length=1'],
  ['OLLAMA_HEADERS', 'Host=evil'],
  ['OLLAMA_BASE_URL', 'https://:99'],
  ['OLLAMA_BASE_URL', 'http://gpu?x=1'],
  ['OLLAMA_TIMEOUT', '0'],
  ['OLLAMA_TIMEOUT', '5m'],
  ['OLLAMA_TIMEOUT', '1e3'],
  ['OLLAMA_TIMEOUT', 'Infinity'],
  ['OLLAMA_TIMEOUT', '2147484'],
  ['OLLAMA_RETRIES', '-1'],
  ['OLLAMA_DEFAULT_MODEL', 'two words'],
  ['OLLAMA_KEEP_ALIVE', 'long'],
  ['MODEL_DEFAULT_TEMPERATURE', '1.1'],
  ['MODEL_DEFAULT_TEMPERATURE', 'NaN'],
  ['MODEL_DEFAULT_MAX_TOKENS', '4097'],
  ['MODEL_DEFAULT_TOP_P', '-0.1'],
  ['MODEL_ALLOW', ','],
  ['HISTORY_STORAGE_TYPE', 'redis'],
  ['RATE_LIMIT_REQUESTS', '0'],
  ['LOG_LEVEL', 'LOUD'],
  ['LOG_FORMAT', 'xml'],
];

describe('values as people write them', () => {
  it.each(ACCEPTED)('%s=%s', (name, text, expected) => {
    expect(READ[name]!(settingsOf({ [name]: text }))).toEqual(expected);
  });

  it.each(REFUSED)('%s=%s is refused by its name, without the value', (name, text) => {
    const problems = problemsOf({ [name]: text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${name}: expected .+ \\(set in the environment\\)$`));
    if (text.length > 4) expect(problems[0]).not.toContain(text);
  });

  it.each(['', '   ', '\t'])('takes %j for unset', (text) => {
    expect(settingsOf({ API_PORT: text, OLLAMA_TIMEOUT: text, LOG_FILE: text })).toEqual(
      settingsOf({}),
    );
  });

  it('sees relative paths from the folder of the service', () => {
    const file = settingsOf({ LOG_FILE: './logs/chat.log' }).log.file;
    expect(file && isAbsolute(file)).toBe(true);
    const cwd = folderWith();
    const env = { HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: 'somewhere' };
    const { history } = loadSettings({ env, cwd }).settings;
    expect(history.storage).toEqual({ kind: 'file', folder: join(cwd, 'somewhere') });
  });

  it('gives readers ten times the requests of generations, unless told', () => {
    expect(settingsOf({ RATE_LIMIT_REQUESTS: '7' }).rateLimit.readRequests).toBe(70);
    const told = { RATE_LIMIT_REQUESTS: '7', RATE_LIMIT_READ_REQUESTS: '8' };
    expect(settingsOf(told).rateLimit.readRequests).toBe(8);
  });
});

describe('quotation marks around a value', () => {
  it.each([
    ['API_PORT', '"9000"', (s: Settings) => s.api.port, 9000],
    ['LOG_LEVEL', "'DEBUG'", (s: Settings) => s.log.level, 'debug'],
    ['OLLAMA_BASE_URL', '"http://gpu:1"', (s: Settings) => s.ollama.baseUrl, 'http://gpu:1'],
    [
      'CORS_ORIGINS',
      '"https://a.example","https://b.example"',
      (s: Settings) => s.api.corsOrigins,
      ['https://a.example', 'https://b.example'],
    ],
    ['API_KEYS', '"web:01234567890123456789"', (s: Settings) => s.api.keys[0]?.owner, 'web'],
  ])('of %s, which Docker leaves in, are taken off', (name, text, read, expected) => {
    expect(read(settingsOf({ [name]: text }))).toEqual(expected);
  });

  it('are taken off in the file of a secret too', () => {
    const env = { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL_FILE: 'url' };
    const { history } = settingsOf(env, { url: '"postgres://db/chat"\n' });
    expect(history.storage).toMatchObject({ url: 'postgresql://db/chat' });
  });
});

describe('paths', () => {
  const PATHS: [string, (path: string) => Record<string, string>, (s: Settings) => unknown][] = [
    ['LOG_FILE', (path) => ({ LOG_FILE: path }), ({ log }) => log.file],
    [
      'HISTORY_FILE_PATH',
      (path) => ({ HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: path }),
      ({ history }) => history.storage.kind === 'file' && history.storage.folder,
    ],
    [
      'HISTORY_DB_URL',
      (path) => ({ HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: `sqlite:${path}` }),
      ({ history }) => history.storage.kind === 'sqlite' && history.storage.file,
    ],
  ];

  describe.each(PATHS)('of %s', (name, env, read) => {
    it.each([
      ['~/chat/data', join(homedir(), 'chat/data')],
      ['$HOME/chat', join(homedir(), 'chat')],
      ['${HOME}/chat', join(homedir(), 'chat')],
      ['/data/~backup/a$1/50%', '/data/~backup/a$1/50%'],
      ["/data/it's here", "/data/it's here"],
    ])('%s is %s', (text, path) => {
      expect(read(settingsOf(env(text)))).toBe(path);
    });

    it.each([
      '"./data',
      "'/data/x",
      '\u201c./data\u201d',
      '~operator/data',
      '$DATA/chat',
      '/srv/$USER/chat',
      '$(pwd)/data',
      '%APPDATA%/chat',
      'file:///data/chat',
      '.\\data\\chat',
      './data # here',
      '#',
    ])('%s is refused, not made', (text) => {
      expect(problemsOf(env(text))).toEqual([
        expect.stringMatching(new RegExp(`^${name}: expected .*the path of a (file|folder) `)),
      ]);
    });
  });

  it('of CONFIG_FILE and of secrets are read alike', () => {
    expect(problemsOf({ API_KEYS_FILE: '~nobody/keys' })).toEqual([
      expect.stringMatching(/^API_KEYS_FILE: expected the path of a file without shell syntax/),
    ]);
    const cwd = folderWith({ '.env': 'CONFIG_FILE="./c.yaml"', 'c.yaml': 'api: {port: 1003}' });
    expect(loadSettings({ env: {}, cwd }).settings.api.port).toBe(1003);
  });
});

describe('None', () => {
  it.each(['API_KEYS', 'API_KEYS_FILE', 'MODEL_ALLOW'])('opens nothing as %s', (name) => {
    for (const text of ['None', 'null', '"None"'])
      expect(problemsOf({ [name]: text })).toEqual([
        expect.stringMatching(new RegExp(`^${name}: expected .*; leave it empty for none`)),
      ]);
    expect(problemsOf({}, { 'config.yaml': `${name}: None` })).toHaveLength(1);
  });
});

describe('API_DEBUG', () => {
  it.each([
    [{}, 'debug', 'text'],
    [{ LOG_LEVEL: 'INFO' }, 'info', 'text'],
    [{ LOG_FORMAT: 'structured' }, 'debug', 'json'],
  ])('with %j logs at %s as %s', (env, level, format) => {
    expect(settingsOf({ API_DEBUG: 'True', ...env }).log).toMatchObject({ level, format });
  });
});
