import { fileURLToPath } from 'node:url';
import { FULL } from '../sizes.mjs';
import { Service } from '../subjects/service.mjs';
import { Child } from './child.mjs';
import { freshDatabase, startPostgres } from './postgres.mjs';

/** @param {string} path */
const script = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The processes around a subject: the fake Ollama, the load, the database. */
export class Rig {
  /** @type {import('./postgres.mjs').Server | null} */
  #postgres = null;
  /** Services of this round by their subject. @type {Map<string, Service>} */
  #services = new Map();
  #ollamaPort = 0;
  #warmMs = FULL.workMs;

  /** @param {Child} fake @param {Child} load */
  constructor(fake, load) {
    this.fake = fake;
    this.load = load;
  }

  /** @param {number} [warmMs] of each kind of work, before a subject is measured */
  static async start(warmMs = FULL.workMs) {
    const [fake, load] = ['../fake-ollama/main.mjs', '../load/main.mjs'].map(
      (path) => new Child({ core: 'rig', command: ['node', script(path)] }),
    );
    if (!fake || !load) throw new Error('unreachable');
    const rig = new Rig(fake, load);
    rig.#warmMs = warmMs;
    rig.#ollamaPort = await fake.ask('port');
    return rig;
  }

  /**
   * Address and process of a subject, started if necessary; it runs until the round has ended.
   *
   * @param {import('../subjects/subjects.mjs').Subject} subject
   * @returns {Promise<{ pid: number, target: import('../load/requests.mjs').Target }>}
   */
  async open(subject) {
    if (subject.role === 'direct') {
      return { pid: this.fake.pid, target: { port: this.#ollamaPort, wire: subject.wire } };
    }
    const running = this.#services.get(subject.name);
    if (running) return { pid: running.pid, target: targetOf(subject, running) };
    const begun = await this.fresh(subject);
    this.#services.set(subject.name, begun);
    const target = targetOf(subject, begun);
    await this.warm(begun.pid, target);
    return { pid: begun.pid, target };
  }

  /**
   * Code compiled and pools filled: what is measured is a service that has worked for a while.
   *
   * @param {number} pid
   * @param {import('../load/requests.mjs').Target} target
   */
  async warm(pid, target) {
    const times = { warmMs: 200, measureMs: this.#warmMs };
    await this.load.ask('answers', { port: target.port, pid, clients: 8, tokens: 64, ...times });
    await this.load.ask('steady', { target, pid, streams: 32, tokens: 10, paceMs: 2, ...times });
  }

  /**
   * A new process of a subject; the caller must stop it.
   *
   * @param {import('../subjects/subjects.mjs').Subject} subject
   * @param {import('../subjects/service.mjs').StartOptions} [options]
   */
  async fresh(subject, options) {
    const databaseUrl = subject.storage === 'postgres' ? await this.#database() : null;
    return Service.start(subject, { ollamaPort: this.#ollamaPort, databaseUrl }, options);
  }

  async endRound() {
    for (const service of this.#services.values()) await service.stop();
    this.#services.clear();
  }

  async stop() {
    await this.endRound();
    await Promise.all([this.fake.stop(), this.load.stop()]);
    await this.#postgres?.stop();
  }

  async #database() {
    this.#postgres ??= await startPostgres();
    return (await freshDatabase(this.#postgres.url)).url;
  }
}

/**
 * @param {import('../subjects/subjects.mjs').Subject} subject
 * @param {Service} service
 * @returns {import('../load/requests.mjs').Target}
 */
export function targetOf({ wire, streamPath }, { port }) {
  return { port, wire, ...(streamPath !== undefined && { streamPath }) };
}
