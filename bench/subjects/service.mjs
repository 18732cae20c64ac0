import { mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Child } from '../rig/child.mjs';
import { answering, freePort } from '../rig/ports.mjs';

const PROBE = fileURLToPath(new URL('./probe.mjs', import.meta.url));

/**
 * @typedef {object} Surroundings
 * @property {number} ollamaPort
 * @property {string | null} databaseUrl an empty database, for a subject that wants one
 *
 * @typedef {object} StartOptions
 * @property {boolean} [probed] whether it can be looked into
 */

/** A subject as a process of its own, in an empty folder, its log in a file. */
export class Service {
  #child;
  #folder;

  /** @param {Child} child @param {string} folder @param {number} port */
  constructor(child, folder, port) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  get pid() {
    return this.#child.pid;
  }

  /**
   * Asks the probe that it was started with.
   *
   * @param {'census' | 'cpuStart' | 'cpuStop' | 'heapStart' | 'heapStop'} what
   * @returns {Promise<any>}
   */
  ask(what) {
    return this.#child.ask(what);
  }

  async stop() {
    await this.#child.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Starts a subject and waits until it serves.
   *
   * @param {import('./subjects.mjs').Subject} subject
   * @param {Surroundings} surroundings
   * @param {StartOptions} [options]
   */
  static async start(subject, surroundings, { probed = false } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'chat-bench-'));
    const port = await freePort();
    const log = openSync(join(folder, 'service.log'), 'w');
    const nodeFlags = [...(subject.flags ?? [])];
    if (probed) nodeFlags.push('--import', pathToFileURL(PROBE).href);
    const child = new Child({
      core: 'service',
      command: ['node', ...nodeFlags, subject.entry ?? ''],
      cwd: folder,
      output: log,
      env: {
        ...environment(port),
        ...modelServer(subject, surroundings),
        ...storageOf(subject, surroundings),
        ...subject.env,
      },
    });
    closeSync(log);
    await answering(port, '/api/health', () => child.running);
    return new Service(child, folder, port);
  }
}

/** @param {number} port */
function environment(port) {
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    API_HOST: '127.0.0.1',
    API_PORT: String(port),
    TITLES: 'false',
  };
}

/**
 * @param {import('./subjects.mjs').Subject} subject
 * @param {Surroundings} surroundings
 * @returns {NodeJS.ProcessEnv}
 */
function modelServer({ api }, { ollamaPort }) {
  const url = `http://127.0.0.1:${ollamaPort}`;
  const model = 'paced:64x20';
  if (api === undefined) return { OLLAMA_BASE_URL: url, OLLAMA_DEFAULT_MODEL: model };
  return { OLLAMA_ENABLED: 'false', OPENAI_BASE_URL: `${url}/v1`, MODEL_DEFAULT: model };
}

/**
 * @param {import('./subjects.mjs').Subject} subject
 * @param {Surroundings} surroundings
 * @returns {NodeJS.ProcessEnv}
 */
function storageOf({ storage }, { databaseUrl }) {
  if (storage === undefined || storage === 'memory') return {};
  const url = storage === 'sqlite' ? 'sqlite:./chat.sqlite' : databaseUrl;
  return { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: url ?? '' };
}
