import type { Reader } from './reader.js';
import { SCHEMA } from './schema/index.js';
import type { Settings } from './settings.js';

/** What is right alone and wrong together. */
export function crossProblems(settings: Settings, reader: Reader): string[] {
  const { kind } = settings.history.storage;
  const { dbUrl, storageType } = SCHEMA.history;
  if (reader.isWrong(storageType)) return [];
  const database = kind !== 'memory' && kind !== 'file';
  const problems: string[] = [];
  if (!database && reader.isGiven(dbUrl) && !reader.isWrong(dbUrl)) {
    problems.push(
      'HISTORY_DB_URL: expected only with HISTORY_STORAGE_TYPE=database; ' +
        `with ${kind} nothing would be kept in that database`,
    );
  }
  if (!database && settings.api.workers > 1) {
    problems.push(
      'API_WORKERS: expected 1 unless HISTORY_STORAGE_TYPE=database; ' +
        `${kind} storage cannot be shared by processes`,
    );
  }
  return problems;
}

/** What may be meant, though most who write it would be surprised. */
export function crossWarnings(settings: Settings): string[] {
  const { api, model, ollama } = settings;
  const warnings: string[] = [];
  if (api.keys.length === 0 && !isLoopback(api.host)) {
    warnings.push(
      'API_KEYS is not set while API_HOST listens beyond this host: whoever reaches the port ' +
        'reads and writes one shared history',
    );
  }
  if (model.allow && !model.allow.some((name) => sameModel(name, ollama.defaultModel))) {
    warnings.push(
      'OLLAMA_DEFAULT_MODEL is not among MODEL_ALLOW: requests that name no model will fail',
    );
  }
  return warnings;
}

const isLoopback = (host: string): boolean => /^(localhost|127\.[\d.]+|::1)$/i.test(host);

const sameModel = (a: string, b: string): boolean => tagged(a) === tagged(b);

/** Ollama reads a name without a tag as its `latest`. */
const tagged = (name: string): string =>
  /:[^/]*$/.test(name) ? name.toLowerCase() : `${name.toLowerCase()}:latest`;
