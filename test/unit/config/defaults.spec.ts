import { join } from 'node:path';

import { VARIABLES } from '../../../src/config/schema/index.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { folderWith, load, settingsOf } from './load.js';

/** As it stands in the original design, letter by letter. */
const SEED_ENV = `# API Configuration
API_HOST=0.0.0
API_PORT=8000
API_DEBUG=False
API_WORKERS=1

# Ollama Configuration
OLLAMA_BASE_URL=http://localhost:11434
OLLAMA_DEFAULT_MODEL=llama2
OLLAMA_TIMEOUT=30
OLLAMA_RETRIES=3

# Model Parameters
MODEL_DEFAULT_TEMPERATURE=0.7
MODEL_DEFAULT_MAX_TOKENS=1000
MODEL_DEFAULT_TOP_P=1.0

# History Management
HISTORY_STORAGE_TYPE=file
HISTORY_FILE_PATH=./data/conversations
HISTORY_MAX_CONVERSATIONS=1000

# Rate Limiting
RATE_LIMIT_ENABLED=True
RATE_LIMIT_REQUESTS=10
RATE_LIMIT_STREAMS=2

# Logging
LOG_LEVEL=INFO
`;

/** The original design's list of parameters. */
const SEED_DEFAULTS = {
  API_HOST: '0.0.0.0',
  API_PORT: '8000',
  API_DEBUG: 'False',
  API_WORKERS: '1',
  OLLAMA_BASE_URL: 'http://localhost:11434',
  OLLAMA_DEFAULT_MODEL: 'llama2',
  OLLAMA_TIMEOUT: '300',
  OLLAMA_RETRIES: '3',
  MODEL_DEFAULT_TEMPERATURE: '0.7',
  MODEL_DEFAULT_MAX_TOKENS: '1000',
  MODEL_DEFAULT_TOP_P: '1.0',
  HISTORY_STORAGE_TYPE: 'memory',
  HISTORY_FILE_PATH: './data/conversations',
  HISTORY_MAX_CONVERSATIONS: '1000',
  RATE_LIMIT_ENABLED: 'True',
  RATE_LIMIT_REQUESTS: '10',
  RATE_LIMIT_STREAMS: '2',
  LOG_LEVEL: 'INFO',
  LOG_FORMAT: 'structured',
};

describe('settings without configuration', () => {
  it('are the defaults of the design', () => {
    expect(settingsOf({})).toEqual({
      api: {
        host: '0.0.0.0',
        port: 8000,
        debug: false,
        workers: 1,
        keys: [],
        auth: null,
        corsOrigins: '*',
        corsHeaders: [],
        allowedHosts: [],
        trustProxy: false,
        keepAliveMs: 65_000,
        maxChatBody: 16_777_216,
      },
      oidc: {
        issuer: null,
        audience: [],
        jwksUrl: null,
        ownerClaim: 'sub',
        scopeClaim: null,
        clockSkewMs: 60_000,
      },
      ollama: {
        enabled: true,
        baseUrl: 'http://localhost:11434',
        apiKey: null,
        headers: [],
        timeoutMs: 300_000,
        retries: 3,
        keepAlive: null,
      },
      openai: {
        baseUrl: null,
        apiKey: null,
        timeoutMs: 300_000,
        retries: 3,
        contextTokens: null,
      },
      metrics: { port: 9464, host: '127.0.0.1', isPortSet: false },
      scenario: { scenario: null },
      models: {
        servers: ['ollama'],
        defaultVariable: 'OLLAMA_DEFAULT_MODEL',
        default: 'llama2',
        contextTokens: null,
        defaultTemperature: 0.7,
        defaultMaxTokens: 1000,
        defaultTopP: 1,
        defaults: new Map(),
        thinkTags: true,
        allow: null,
      },
      history: {
        storage: { kind: 'memory' },
        maxConversations: 1000,
        retentionDays: 0,
        maxMessages: 20_000,
        maxImageBytes: 256 * 1024 ** 2,
      },
      generation: {
        timeoutMs: null,
        maxAnswerBytes: 1024 * 1024,
        retentionMs: 600_000,
        disconnectGraceMs: 30_000,
        stallTimeoutMs: 60_000,
        maxConcurrent: null,
        maxQueued: 100,
      },
      traces: {
        url: null,
        serviceName: null,
        resourceAttributes: new Map(),
        headers: [],
        sampler: 'parentbased_always_on',
        samplerShare: 1,
        propagators: ['tracecontext', 'baggage'],
      },
      titles: { enabled: true, model: null, idleMs: 2_000 },
      changes: { retentionMs: 604_800_000 },
      rateLimit: {
        enabled: true,
        requests: 10,
        readRequests: 100,
        streams: 2,
        tokensDay: 0,
        tokensMonth: 0,
      },
      log: { level: 'info', file: null, auditFile: null, format: 'json' },
      shutdown: { delayMs: 0, drainMs: 20_000 },
    });
  });

  it.each(Object.entries(SEED_DEFAULTS))('document %s with the default %s', (name, text) => {
    expect(VARIABLES.find((variable) => variable.name === name)?.defaultText).toBe(text);
  });

  it('warn that everybody beyond this host shares one history', () => {
    const own = { CORS_ORIGINS: 'https://app.example.com' };
    expect(load(own).warnings).toEqual([
      'API_KEYS is not set while API_HOST listens beyond this host: until a key is made, every client that can reach the port reads and writes one shared history',
    ]);
    expect(load({ ...own, API_HOST: '127.0.0.1' }).warnings).toEqual([]);
    for (const env of [{}, { API_HOST: '127.0.0.1' }]) {
      expect(load(env).warnings).toEqual([
        expect.stringMatching(/^API_KEYS is not set.*CORS_ORIGINS is \*, so does every web page/),
      ]);
    }
    expect(load({ API_KEYS: 'alice:01234567890123456789' }).warnings).toEqual([]);
  });

  it('cannot be changed, at any depth', () => {
    const settings = settingsOf({ MODEL_ALLOW: 'a,b', API_KEYS: 'alice:01234567890123456789' });
    const everything: unknown[] = [settings, ...Object.values(settings)];
    everything.push(settings.api.keys, settings.api.keys[0], settings.models.allow);
    everything.push(settings.history.storage);
    expect(everything.filter((part) => !Object.isFrozen(part))).toEqual([]);
  });
});

describe("the original design's .env", () => {
  it('boots as it stands', () => {
    const cwd = folderWith({ '.env': SEED_ENV });
    const { settings } = loadSettings({ env: {}, cwd });
    expect(settings.api).toMatchObject({ host: '0.0.0.0', port: 8000, debug: false, workers: 1 });
    expect(settings.ollama).toMatchObject({ timeoutMs: 30_000, retries: 3 });
    expect(settings.history.storage).toEqual({
      kind: 'file',
      folder: join(cwd, 'data/conversations'),
    });
    expect(settings.rateLimit).toMatchObject({ enabled: true, requests: 10, streams: 2 });
    expect(settings.log).toMatchObject({ level: 'info', file: null, format: 'json' });
  });
});
