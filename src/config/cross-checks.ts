import { namesCloudModel, sameModel } from '../domain/model-name.js';
import type { Reader } from './reader.js';
import { SCHEMA } from './schema/index.js';
import type { Settings, StorageTarget } from './settings.js';

interface StorageFacts {
  /** Whether HISTORY_DB_URL names it. */
  hasUrl: boolean;
  /** Whether several processes can share it. */
  shared: boolean;
}

const STORAGES: Record<StorageTarget['kind'], StorageFacts> = {
  memory: { hasUrl: false, shared: false },
  file: { hasUrl: false, shared: false },
  sqlite: { hasUrl: true, shared: true },
  postgres: { hasUrl: true, shared: true },
  mongodb: { hasUrl: true, shared: true },
};

/** Values that are valid separately but not together. */
export function crossProblems(
  settings: Settings,
  reader: Reader,
  { isProduction }: { isProduction: boolean },
): string[] {
  const { kind } = settings.history.storage;
  const { database: dbUrl, type } = SCHEMA.history;
  if (reader.isWrong(type)) return [];
  const { hasUrl, shared } = STORAGES[kind];
  const problems: string[] = [];
  if (!hasUrl && reader.isGiven(dbUrl) && !reader.isWrong(dbUrl)) {
    problems.push(
      'HISTORY_DB_URL: expected only with HISTORY_STORAGE_TYPE=database; ' +
        `with ${kind} nothing would be stored in that database`,
    );
  }
  if (!shared && settings.api.workers > 1) {
    problems.push(
      'API_WORKERS: expected 1 unless HISTORY_STORAGE_TYPE=database; ' +
        `${kind} storage cannot be shared by several processes`,
    );
  }
  problems.push(...oidcProblems(settings, reader));
  if (authorizations(settings) > 1) {
    problems.push(
      'OLLAMA_API_KEY: expected only one of it, credentials in OLLAMA_BASE_URL and Authorization ' +
        'in OLLAMA_HEADERS',
    );
  }
  problems.push(...modelServerProblems(settings, reader, isProduction));
  const { port } = SCHEMA.metrics;
  if (settings.metrics.port !== 0 && settings.metrics.port === settings.api.port) {
    if (!reader.isWrong(port)) {
      problems.push('METRICS_PORT: expected another port than API_PORT; metrics need no key');
    }
  }
  return problems;
}

function oidcProblems(settings: Settings, reader: Reader): string[] {
  const { issuer, audience } = SCHEMA.oidc;
  const problems: string[] = [];
  if (settings.oidc.issuer !== null && !reader.isGiven(audience)) {
    problems.push(
      'OIDC_AUDIENCE: expected with OIDC_ISSUER; else a token for any service would do',
    );
  }
  if (settings.oidc.issuer === null && !reader.isWrong(issuer) && reader.isGiven(audience)) {
    problems.push('OIDC_ISSUER: expected with OIDC_AUDIENCE');
  }
  return problems;
}

function modelServerProblems(settings: Settings, reader: Reader, isProduction: boolean): string[] {
  const { file: scenario } = SCHEMA.scenario;
  const problems: string[] = [];
  if (reader.isGiven(scenario) && isProduction) {
    problems.push(
      'SCENARIO_FILE: expected only where NODE_ENV is not production; a test sets NODE_ENV=test',
    );
  }
  const servers = [SCHEMA.ollama.enabled, SCHEMA.openai.baseUrl, scenario];
  const areServersWrong = servers.some((variable) => reader.isWrong(variable));
  if (settings.models.servers.length === 0 && !areServersWrong) {
    problems.push('OLLAMA_ENABLED: expected true, since no other model server is configured');
  }
  if (asksItself(settings)) {
    problems.push(
      'OPENAI_BASE_URL: expected the address of a model server; this is where the service itself ' +
        'listens (API_PORT)',
    );
  }
  return problems;
}

/** The number of configured credentials for Ollama; a request can send only one. */
function authorizations({ ollama }: Settings): number {
  const { username, password } = new URL(ollama.baseUrl);
  const inHeaders = ollama.headers.some(([name]) => name === 'authorization');
  return [ollama.apiKey !== null, username + password !== '', inHeaders].filter(Boolean).length;
}

/** vLLM's default port is the service's own. */
function asksItself({ api, openai }: Settings): boolean {
  if (openai.baseUrl === null) return false;
  const { hostname, port, protocol } = new URL(openai.baseUrl);
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const isOwnPort = Number(port || (protocol === 'https:' ? 443 : 80)) === api.port;
  const isEvery = (name: string): boolean => name === '0.0.0.0' || name === '::';
  const isHere = isLoopback(host) || isEvery(host);
  return (
    isOwnPort && (host === api.host || (isHere && (isLoopback(api.host) || isEvery(api.host))))
  );
}

/** Valid settings that are probably not intended. */
export function crossWarnings(settings: Settings): string[] {
  const { api, models, ollama, oidc } = settings;
  const warnings: string[] = [];
  const needsNone = api.keys.length === 0 && api.auth === null && oidc.issuer === null;
  if (needsNone) warnings.push(...openWarnings(api));
  const { allow, default: defaultModel, defaultVariable } = models;
  if (defaultModel !== null && !isAllowed(models, defaultModel)) {
    warnings.push(
      `${defaultVariable} is not in MODEL_ALLOW: requests that name no model will fail`,
    );
  }
  if (hasUnsafeProvider(oidc)) {
    warnings.push(
      'OIDC_ISSUER or OIDC_JWKS_URL is an http:// URL: whoever can change that traffic can make tokens',
    );
  }
  if (forbidsTitleModel(settings)) {
    warnings.push('TITLE_MODEL is not in MODEL_ALLOW: the model will give no titles');
  }
  if (ollama.enabled && defaultModel !== null && allow === null && namesCloudModel(defaultModel)) {
    warnings.push(
      `${defaultVariable} is a model that Ollama would send to a cloud: requests that name no ` +
        'model will fail unless MODEL_ALLOW names it',
    );
  }
  const [, ending] = /\/(v1|api)$/.exec(new URL(ollama.baseUrl).pathname) ?? [];
  if (ollama.enabled && ending !== undefined) {
    warnings.push(
      `OLLAMA_BASE_URL ends in /${ending}, and Ollama's own routes below it will not be found: ` +
        `leave /${ending} out`,
    );
  }
  return warnings;
}

/** Whoever is between could send keys of his own. */
function hasUnsafeProvider({ issuer, jwksUrl }: Settings['oidc']): boolean {
  return [issuer, jwksUrl].some((text) => {
    const url = text === null ? null : new URL(text);
    return url?.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/g, ''));
  });
}

function forbidsTitleModel({ models, titles: { enabled, model } }: Settings): boolean {
  return enabled && model !== null && !isAllowed(models, model);
}

/** As far as the names alone say it: with or without the prefix of a server. */
function isAllowed({ allow, servers }: Settings['models'], model: string): boolean {
  const bare = (name: string): string => {
    const server = servers.find((each) => name.startsWith(`${each}/`));
    return server === undefined ? name : name.slice(server.length + 1);
  };
  return allow === null || allow.some((name) => sameModel(bare(name), bare(model)));
}

/** A warning if the service needs no API key. */
function openWarnings({ host, corsOrigins }: Settings['api']): string[] {
  const beyond = !isLoopback(host);
  if (!beyond && corsOrigins !== '*') return [];
  const who = beyond
    ? ' while API_HOST listens beyond this host: until a key is made, every client that can reach the port reads and writes one shared history'
    : ': until a key is made, every user of this host reads and writes one shared history';
  const pages =
    corsOrigins === '*'
      ? ', and, since CORS_ORIGINS is *, so does every web page in a browser that can reach it; set it to your own pages'
      : '';
  return [`API_KEYS is not set${who}${pages}`];
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|::1)$/i.test(host);
