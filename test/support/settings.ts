import { createHash } from 'node:crypto';
import type { ApiKey, Settings } from '../../src/config/settings.js';

/** Settings, of which any field may be left out. Arrays and the storage target are whole values. */
export type SettingsOverrides = {
  readonly [Section in keyof Settings]?: Partial<Settings[Section]>;
};

/**
 * The defaults of the service, but on loopback, quiet, in memory and without limits that a test
 * could meet by accident: `testSettings({ rateLimit: { enabled: true, requests: 2 } })`.
 */
export function testSettings(overrides: SettingsOverrides = {}): Settings {
  const settings: Settings = {
    api: {
      host: '127.0.0.1',
      port: 0,
      debug: false,
      workers: 1,
      keys: [],
      auth: null,
      corsOrigins: '*',
      corsHeaders: [],
      allowedHosts: [],
      trustProxy: false,
      keepAliveMs: 65_000,
      maxChatBody: 16 * 1024 * 1024,
      ...overrides.api,
    },
    oidc: {
      issuer: null,
      audience: [],
      jwksUrl: null,
      ownerClaim: 'sub',
      scopeClaim: null,
      clockSkewMs: 60_000,
      ...overrides.oidc,
    },
    ollama: {
      enabled: true,
      baseUrl: 'http://127.0.0.1:11434',
      apiKey: null,
      headers: [],
      timeoutMs: 300_000,
      retries: 3,
      keepAlive: null,
      ...overrides.ollama,
    },
    openai: {
      baseUrl: null,
      apiKey: null,
      timeoutMs: 300_000,
      retries: 3,
      contextTokens: null,
      ...overrides.openai,
    },
    scenario: { scenario: null, ...overrides.scenario },
    models: {
      servers: ['ollama'],
      default: 'llama2',
      defaultVariable: 'OLLAMA_DEFAULT_MODEL',
      contextTokens: null,
      defaultTemperature: 0.7,
      defaultMaxTokens: 1000,
      defaultTopP: 1,
      defaults: new Map(),
      thinkTags: true,
      allow: null,
      ...overrides.models,
    },
    history: {
      storage: { kind: 'memory' },
      maxConversations: 1000,
      retentionDays: 0,
      maxMessages: 20_000,
      maxImageBytes: 256 * 1024 ** 2,
      ...overrides.history,
    },
    generation: {
      timeoutMs: null,
      maxAnswerBytes: 1024 * 1024,
      retentionMs: 600_000,
      disconnectGraceMs: 30_000,
      stallTimeoutMs: 60_000,
      maxConcurrent: null,
      maxQueued: 100,
      ...overrides.generation,
    },
    changes: { retentionMs: 604_800_000, ...overrides.changes },
    // Tests count what the model is asked.
    titles: { enabled: false, model: null, idleMs: 0, ...overrides.titles },
    rateLimit: {
      enabled: false,
      requests: 10,
      readRequests: 100,
      streams: 2,
      tokensDay: 0,
      tokensMonth: 0,
      ...overrides.rateLimit,
    },
    log: { level: 'info', file: null, auditFile: null, format: 'json', ...overrides.log },
    metrics: { port: 0, host: '127.0.0.1', isPortSet: true, ...overrides.metrics },
    traces: {
      url: null,
      serviceName: null,
      resourceAttributes: new Map(),
      headers: [],
      sampler: 'parentbased_always_on',
      samplerShare: 1,
      propagators: ['tracecontext', 'baggage'],
      ...overrides.traces,
    },
    shutdown: { delayMs: 0, drainMs: 20_000, ...overrides.shutdown },
  };
  return Object.freeze(settings);
}

/** An API key as the settings hold it. */
export function apiKey(owner: string, key: string): ApiKey {
  return { owner, digest: createHash('sha256').update(key).digest() };
}
