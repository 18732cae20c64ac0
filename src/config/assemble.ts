import type { Reader } from './reader.js';
import { SCHEMA } from './schema/index.js';
import type { Settings, StorageTarget } from './settings.js';

const DEFAULT_DATABASE = './data/chat.sqlite';
const READS_PER_GENERATION = 10;

/** Puts the settings together; what is wrong is noted by the reader and stands at its default. */
export function assembleSettings(reader: Reader): Settings {
  const api = apiSettings(reader);
  return {
    api,
    ollama: ollamaSettings(reader),
    models: modelSettings(reader),
    history: {
      storage: storageTarget(reader),
      maxConversations: reader.read(SCHEMA.history.maxConversations),
      maxMessages: reader.read(SCHEMA.history.maxMessages),
    },
    generation: generationSettings(reader),
    rateLimit: rateLimitSettings(reader),
    log: logSettings(reader, api.debug),
    shutdown: {
      delayMs: reader.read(SCHEMA.shutdown.delay),
      drainMs: reader.read(SCHEMA.shutdown.drain),
    },
  };
}

function apiSettings(reader: Reader): Settings['api'] {
  const { api } = SCHEMA;
  return {
    host: reader.read(api.host),
    port: reader.read(api.port),
    debug: reader.read(api.debug),
    workers: reader.read(api.workers),
    keys: reader.read(api.keys) ?? [],
    corsOrigins: reader.read(api.corsOrigins),
    corsHeaders: reader.read(api.corsHeaders) ?? [],
    allowedHosts: reader.read(api.allowedHosts) ?? [],
    trustProxy: reader.read(api.trustProxy),
    keepAliveMs: reader.read(api.keepAlive),
    maxChatBody: reader.read(api.maxChatBody),
  };
}

function ollamaSettings(reader: Reader): Settings['ollama'] {
  const { ollama } = SCHEMA;
  return {
    baseUrl: reader.read(ollama.baseUrl),
    apiKey: reader.read(ollama.apiKey),
    headers: reader.read(ollama.headers) ?? [],
    timeoutMs: reader.read(ollama.timeout),
    retries: reader.read(ollama.retries),
    keepAlive: reader.read(ollama.keepAlive),
  };
}

function modelSettings(reader: Reader): Settings['models'] {
  const { models, ollama } = SCHEMA;
  return {
    provider: 'ollama',
    default: reader.read(ollama.defaultModel),
    contextTokens: reader.read(ollama.numCtx),
    defaultTemperature: reader.read(models.defaultTemperature),
    defaultMaxTokens: reader.read(models.defaultMaxTokens),
    defaultTopP: reader.read(models.defaultTopP),
    allow: reader.read(models.allow),
  };
}

/** Every variable of the history is read, so that a wrong one is found whatever the storage. */
function storageTarget(reader: Reader): StorageTarget {
  const { history } = SCHEMA;
  const type = reader.read(history.storageType);
  const folder = reader.absolute(reader.read(history.filePath));
  const database = reader.read(history.dbUrl) ?? { kind: 'sqlite', file: DEFAULT_DATABASE };
  const pool = reader.read(history.dbPool);
  if (type === 'memory') return { kind: 'memory' };
  if (type === 'file') return { kind: 'file', folder };
  if (database.kind === 'sqlite') return { kind: 'sqlite', file: reader.absolute(database.file) };
  return { ...database, pool };
}

function generationSettings(reader: Reader): Settings['generation'] {
  const { generation } = SCHEMA;
  return {
    timeoutMs: reader.read(generation.timeout),
    maxAnswerBytes: reader.read(generation.maxAnswer),
    retentionMs: reader.read(generation.retention),
    disconnectGraceMs: reader.read(generation.disconnectGrace),
    stallTimeoutMs: reader.read(generation.stallTimeout),
    maxConcurrent: reader.read(generation.maxConcurrent),
    maxQueued: reader.read(generation.maxQueued),
  };
}

function rateLimitSettings(reader: Reader): Settings['rateLimit'] {
  const { rateLimit } = SCHEMA;
  const requests = reader.read(rateLimit.requests);
  return {
    enabled: reader.read(rateLimit.enabled),
    requests,
    readRequests: reader.read(rateLimit.readRequests) ?? requests * READS_PER_GENERATION,
    streams: reader.read(rateLimit.streams),
  };
}

/** Debug mode is a default of these two, weaker than whatever somebody set. */
function logSettings(reader: Reader, debug: boolean): Settings['log'] {
  const { log } = SCHEMA;
  const level = reader.read(log.level);
  const format = reader.read(log.format);
  const file = reader.read(log.file);
  return {
    level: debug && !reader.isGiven(log.level) ? 'debug' : level,
    file: file === null ? null : reader.absolute(file),
    format: debug && !reader.isGiven(log.format) ? 'text' : format,
  };
}
