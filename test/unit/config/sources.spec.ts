import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { loadSettings } from '../../../src/config/load-settings.js';
import { folderWith, load, problemsOf, settingsOf } from './load.js';

const YAML = 'api:\n  port: 1003\n';

describe('precedence', () => {
  it.each([
    [
      'the environment',
      { API_PORT: '1001' },
      { '.env': 'API_PORT=1002', 'config.yaml': YAML },
      1001,
    ],
    ['.env', {}, { '.env': 'API_PORT=1002', 'config.yaml': YAML }, 1002],
    ['the file', {}, { 'config.yaml': YAML }, 1003],
    ['the default', {}, {}, 8000],
    [
      'what is below an empty value',
      { API_PORT: '' },
      { '.env': 'API_PORT=', 'config.yaml': YAML },
      1003,
    ],
  ])('%s wins over what comes after it', (_, env, files, port) => {
    expect(settingsOf(env, files).api.port).toBe(port);
  });
});

describe('.env', () => {
  it('may have quotes, comments, export, CRLF and a byte order mark', () => {
    const text = '\uFEFFexport API_HOST="localhost" # mine\r\nOLLAMA_DEFAULT_MODEL=\'mistral\'\r\n';
    const settings = settingsOf({}, { '.env': text });
    expect([settings.api.host, settings.models.default]).toEqual(['localhost', 'mistral']);
  });

  it('leaves dollars of a password alone', () => {
    const text = 'HISTORY_STORAGE_TYPE=database\nHISTORY_DB_URL=postgres://u:p$HOME@db/chat';
    expect(settingsOf({ HOME: '/root' }, { '.env': text }).history.storage).toMatchObject({
      url: 'postgresql://u:p$HOME@db/chat',
    });
  });

  it('keeps a # that no white space is before, as compose and shells do', () => {
    const text = [
      'API_KEYS=web:0123456789#0123456789 # the web app',
      'export OLLAMA_DEFAULT_MODEL=a#b#c',
      'HISTORY_FILE_PATH="./data#1"',
      'CORS_ORIGINS=https://a.example # not all',
      'LOG_LEVEL= # the default',
      'LOG_FILE=a#1\nLOG_FILE=b#2',
    ];
    const settings = settingsOf({}, { '.env': text.join('\n') });
    const digest = createHash('sha256').update('0123456789#0123456789').digest();
    expect(settings.api.keys).toEqual([{ owner: 'web', digest }]);
    expect(settings.models.default).toBe('a#b#c');
    expect(settings.api.corsOrigins).toEqual(['https://a.example']);
    expect(settings.log).toMatchObject({ level: 'info', file: expect.stringMatching(/b#2$/) });
    expect(problemsOf({}, { '.env': 'API_KEYS=#0123456789' })).toHaveLength(1);
  });

  it('that is a folder stops the start', () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, '.env'));
    expect(() => loadSettings({ env: {}, cwd })).toThrow('.env: expected a file that can be read');
  });

  it('is left out of the environment of the process', () => {
    load({}, { '.env': 'OLLAMA_DEFAULT_MODEL=leaked' });
    expect(process.env['OLLAMA_DEFAULT_MODEL']).toBeUndefined();
  });
});

describe('an encoding other than UTF-8', () => {
  const KEYS = 'web:01234567890123456789';
  const FILES: [string, string, Record<string, string>][] = [
    ['.env', `API_PORT=1002\r\nAPI_KEYS=${KEYS}\r\n`, {}],
    ['config.yaml', `api: {port: 1002, keys: "${KEYS}"}\n`, {}],
    ['c.json', `{"api": {"port": 1002, "keys": "${KEYS}"}}`, { CONFIG_FILE: 'c.json' }],
    ['keys', `# Größe\n${KEYS}\n`, { API_KEYS_FILE: 'keys', API_PORT: '1002' }],
  ];
  const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, 'utf16le');

  describe.each(FILES)('in %s', (name, text, env) => {
    it.each<[string, Buffer]>([
      ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`)],
      ['UTF-16, little end first, as PowerShell writes it', utf16(text)],
      ['UTF-16, big end first', utf16(text).swap16()],
    ])('is decoded: %s', (_, bytes) => {
      const { api } = settingsOf(env, { [name]: bytes });
      expect([api.port, api.keys.map(({ owner }) => owner)]).toEqual([1002, ['web']]);
    });

    it.each<[string, Buffer, string]>([
      ['UTF-16 without a mark', Buffer.from(text, 'utf16le'), 'bytes that are not text'],
      ['half a character of UTF-16', utf16(text).subarray(0, -1), 'not correct UTF-16'],
      ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]), 'in UTF-32'],
      ['Latin-1', Buffer.from(`${text}\n# Gr\u00f6\u00dfe`, 'latin1'), 'not correct UTF-8'],
    ])('is refused by name: %s', (_, bytes, why) => {
      const named = name === 'c.json' ? 'CONFIG_FILE' : name === 'keys' ? 'API_KEYS_FILE' : name;
      expect(problemsOf(env, { [name]: bytes })).toEqual([
        expect.stringMatching(
          new RegExp(`^${named}: expected a text file in UTF-8, or in UTF-16 .*${why}`),
        ),
      ]);
    });
  });
});

describe('the configuration file', () => {
  const nested = {
    api: { port: 9000, debug: true, keys: ['alice:01234567890123456789'] },
    ollama: { base_url: 'http://gpu:11434', 'default-model': 'mistral', timeout: 1.5 },
    rate_limit: { enabled: false },
    cors_origins: ['https://a.example', 'https://b.example'],
    OLLAMA_RETRIES: 1,
    log: { file: null },
  };

  it.each([
    ['JSON', 'settings.json', JSON.stringify(nested, null, '\t')],
    ['JSON with a byte order mark', 'settings.JSON', `\uFEFF${JSON.stringify(nested)}`],
    [
      'YAML',
      'settings.yml',
      `
# comments are fine
api: {port: 9000, debug: true, keys: ["alice:01234567890123456789"]}
ollama:
  base_url: http://gpu:11434
  default-model: mistral
  timeout: 1.5
rate_limit:
  enabled: false
cors_origins:
  - https://a.example
  - https://b.example
OLLAMA_RETRIES: 1
log: {file: ~}
`,
    ],
  ])('is %s, nested or flat', (_, name, text) => {
    const settings = settingsOf({ CONFIG_FILE: `./${name}` }, { [name]: text });
    expect(settings.api).toMatchObject({ port: 9000, debug: true, keys: [{ owner: 'alice' }] });
    expect(settings.ollama).toMatchObject({
      baseUrl: 'http://gpu:11434',
      timeoutMs: 1500,
      retries: 1,
    });
    expect(settings.models.default).toBe('mistral');
    expect(settings.rateLimit.enabled).toBe(false);
    expect(settings.api.corsOrigins).toEqual(['https://a.example', 'https://b.example']);
    expect(settings.log.file).toBeNull();
  });

  it('may be named in .env, and may be empty', () => {
    const files = { '.env': 'CONFIG_FILE=mine.yaml', 'mine.yaml': YAML };
    expect(settingsOf({}, files).api.port).toBe(1003);
    expect(settingsOf({}, { 'config.yaml': '' })).toEqual(settingsOf({}));
  });

  it.each<[string, string, string]>([
    [
      'a key it does not know',
      'ollama: {base_ulr: "http://x"}',
      'ollama.base_ulr in the configuration file: no such setting; did you mean OLLAMA_BASE_URL?',
    ],
    [
      'a key that is nothing like any',
      'colour: blue',
      'colour in the configuration file: no such setting',
    ],
    [
      'a section in place of a value',
      'api: {port: {number: 1}}',
      'api.port.number in the configuration file: no such setting',
    ],
    [
      'the same setting twice',
      'api: {port: 1}\nAPI_PORT: 2',
      'API_PORT in the configuration file: expected API_PORT only once',
    ],
    [
      'a wrong value',
      'api: {port: many}',
      'API_PORT: expected a whole number from 0 to 65,535 (set in the configuration file)',
    ],
    [
      'its own name',
      'config_file: other.yaml',
      'config_file in the configuration file: no such setting',
    ],
    ['a list', '- a\n- b', 'the configuration file: expected a mapping of names to values'],
    [
      'broken YAML',
      'ollama:\n  retries: 1\napi: {port: sekret-value',
      'the configuration file: expected correct YAML (line 3, column 25: wrong indentation)',
    ],
    [
      'a tab that indents',
      'api:\n\tport: 1',
      'the configuration file: expected correct YAML (line 2, column 1: a tab where spaces indent)',
    ],
    [
      'a key twice',
      'api: {port: 1, port: 2}',
      'the configuration file: expected correct YAML (line 1, column 16: a repeated name)',
    ],
    ['a reference to nothing', 'api: *sekret', 'the configuration file: expected correct YAML'],
    [
      'references that grow without end',
      `a: &a [x]\n${'bcdefghij'.replace(
        /(.)/g,
        (name) =>
          `${name}: &${name} [${Array(99)
            .fill(`*${String.fromCharCode(name.charCodeAt(0) - 1)}`)
            .join()}]\n`,
      )}`,
      'the configuration file: expected correct YAML',
    ],
    [
      'a list of lists',
      'cors_origins: [[a]]',
      'cors_origins in the configuration file: expected text, a number, true or false, or a list',
    ],
    [
      'a section that holds itself',
      'api: &a {api: *a}',
      'api.api.api.api.api.api in the configuration file: no such setting',
    ],
  ])('with %s stops the start', (_, text, problem) => {
    expect(problemsOf({}, { 'config.yaml': text })).toEqual([problem]);
  });

  it.each<[string, string]>([
    ['{"api": {"port": 1,}}', 'line 1, column 20'],
    ['{\n\t"api": {\n\t\t"port": sekret\n\t}\n}', 'line 3, column 11'],
    ['{"api": {"port": 1}', 'line 1, column 20'],
    ['{"api": {"port": 1}} sekret', 'line 1, column 22'],
  ])('as JSON, %j, stops the start at its place and is not quoted', (text, place) => {
    expect(problemsOf({ CONFIG_FILE: 'c.json' }, { 'c.json': text })).toEqual([
      `the configuration file: expected correct JSON (${place})`,
    ]);
  });

  it('has no names of JavaScript itself', () => {
    const text = '{"__proto__": {"polluted": 1}, "constructor": 1}';
    expect(problemsOf({ CONFIG_FILE: 'c.json' }, { 'c.json': text })).toEqual([
      '__proto__.polluted in the configuration file: no such setting',
      'constructor in the configuration file: no such setting',
    ]);
  });

  it('that is named and missing stops the start; the default one may be missing', () => {
    expect(problemsOf({ CONFIG_FILE: 'gone.yaml' })).toEqual([
      'CONFIG_FILE: expected a file that can be read (ENOENT)',
    ]);
    expect(() => settingsOf({})).not.toThrow();
  });
});

describe('secrets in files', () => {
  const database = { HISTORY_STORAGE_TYPE: 'database' };

  it('are read and trimmed', () => {
    const files = {
      url: 'postgres://u:p@db/chat\n',
      keys: '# the web app\nweb:01234567890123456789\n\ncli:abcdefghijabcdefghij\n',
    };
    const env = { ...database, HISTORY_DB_URL_FILE: 'url', API_KEYS_FILE: './keys' };
    const settings = settingsOf(env, files);
    expect(settings.history.storage).toMatchObject({ url: 'postgresql://u:p@db/chat' });
    expect(settings.api.keys.map(({ owner }) => owner)).toEqual(['web', 'cli']);
  });

  it('win where they are named in the stronger source', () => {
    const files = { '.env': 'HISTORY_DB_URL=postgres://dotenv/chat', url: 'postgres://file/chat' };
    const env = { ...database, HISTORY_DB_URL_FILE: 'url' };
    expect(settingsOf(env, files).history.storage).toMatchObject({ url: 'postgresql://file/chat' });
  });

  it.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
    [
      'missing',
      { API_KEYS_FILE: 'gone' },
      {},
      /^API_KEYS_FILE: expected a file that can be read \(ENOENT\) \(set in the environment\)$/,
    ],
    [
      'empty',
      { API_KEYS_FILE: 'keys' },
      { keys: '\n' },
      /^API_KEYS_FILE: expected a file that is not empty/,
    ],
    [
      'wrong',
      { API_KEYS_FILE: 'keys' },
      { keys: 'web:short' },
      /^API_KEYS: expected in entry 1 a key of at least 20 characters \(read from the file of API_KEYS_FILE\)$/,
    ],
    [
      'given beside the value',
      { API_KEYS: 'a:01234567890123456789', API_KEYS_FILE: 'keys' },
      { keys: 'x' },
      /^API_KEYS: expected either it or API_KEYS_FILE, not both/,
    ],
  ])('that are %s stop the start', (_, env, files, problem) => {
    expect(problemsOf(env, files)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('warnings', () => {
  /** Gives no warning by itself. */
  const quiet = { API_HOST: '127.0.0.1', CORS_ORIGINS: 'https://app.example.com' };

  it("ignores Kubernetes' service link in API_PORT and says so", () => {
    const { settings, warnings } = load(
      { ...quiet, API_PORT: 'tcp://10.0.0.1:80' },
      { '.env': 'API_PORT=9000' },
    );
    expect(settings.api.port).toBe(9000);
    expect(warnings).toEqual([expect.stringMatching(/^API_PORT .*Kubernetes.*ignored/)]);
    expect(warnings.join()).not.toContain('10.0.0.1');
  });

  it.each([
    ['OLLAMA_TIMOUT', 'OLLAMA_TIMEOUT'],
    ['OLLAMA_BASEURL', 'OLLAMA_BASE_URL'],
    ['API_KEY', 'API_KEYS'],
    ['HISTORY_DB_URI', 'HISTORY_DB_URL'],
    ['RATE_LIMIT_REQUEST', 'RATE_LIMIT_REQUESTS'],
    ['log_level', 'LOG_LEVEL'],
  ])('says that %s was probably meant as %s', (name, meant) => {
    const expected = `${name} is not a variable of this service; did you mean ${meant}?`;
    expect(load({ ...quiet, [name]: 'x' }).warnings).toEqual([expected]);
    expect(load(quiet, { '.env': `${name}=x` }).warnings).toEqual([expected]);
  });

  it.each([
    'OLLAMA_HOST',
    'OLLAMA_MODELS',
    'API_ROOT',
    'APP_PORT',
    'API_SERVICE_HOST',
    'API_PORT_80_TCP',
    'PATH',
    'MODEL',
  ])('leaves %s of others alone', (name) => {
    expect(load({ ...quiet, [name]: 'x' }).warnings).toEqual([]);
  });

  it('says that the default model is not allowed, reading a name without a tag as latest', () => {
    const env = { ...quiet, MODEL_ALLOW: 'mistral,llama2:latest' };
    expect(load(env).warnings).toEqual([]);
    expect(load({ ...env, MODEL_ALLOW: 'mistral,llama2:7b' }).warnings).toEqual([
      expect.stringContaining('OLLAMA_DEFAULT_MODEL'),
    ]);
  });

  it.each([
    ['http://gpu:11434/v1', '/v1'],
    ['http://gpu:11434/api/', '/api'],
    ['https://ann:hunter2@gpu/ollama/v1', '/v1'],
  ])('says what is wrong with the end of %s', (url, ending) => {
    const { warnings } = load({ ...quiet, OLLAMA_BASE_URL: url });
    expect(warnings).toEqual([expect.stringContaining(`leave ${ending} out`)]);
    expect(warnings.join()).not.toContain('hunter2');
  });

  it.each(['http://gpu:11434', 'http://gpu/apis', 'http://gpu/v1/ollama', 'http://v1'])(
    'has nothing against %s',
    (url) => {
      expect(load({ ...quiet, OLLAMA_BASE_URL: url }).warnings).toEqual([]);
    },
  );

  it('says that the default model would be a cloud’s', () => {
    const env = { ...quiet, OLLAMA_DEFAULT_MODEL: 'gpt-oss:120b-Cloud' };
    expect(load(env).warnings).toEqual([expect.stringContaining('MODEL_ALLOW')]);
    expect(load({ ...env, MODEL_ALLOW: 'gpt-oss:120b-cloud' }).warnings).toEqual([]);
  });
});
