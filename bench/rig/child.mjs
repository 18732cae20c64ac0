import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pinned } from './cores.mjs';

/** All children end with the bench. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

/**
 * @typedef {object} ChildOptions
 * @property {'service' | 'rig'} core
 * @property {string[]} command what to run; `node` is this very Node
 * @property {NodeJS.ProcessEnv} [env] all of it; the bench's own by default
 * @property {string} [cwd]
 * @property {'ignore' | 'inherit' | number} [output] where standard output and errors go
 * @property {number} [uid]
 * @property {number} [gid]
 */

/** A process on its core, asked and answered over IPC where it serves that. */
export class Child {
  #asked = 0;
  /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();

  /** @param {ChildOptions} options */
  constructor({ core, command, output = 'inherit', ...options }) {
    const [file = '', ...args] = pinned(core, command);
    this.process = spawn(file, args, { ...options, stdio: ['ignore', output, output, 'ipc'] });
    children.add(this.process);
    this.ended = once(this.process, 'exit').then(() => this.#onEnd());
    this.process.on('message', (message) => this.#onAnswer(message));
  }

  get pid() {
    const { pid } = this.process;
    if (pid === undefined) throw new Error('The process could not be started');
    return pid;
  }

  get running() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /**
   * @param {string} ask
   * @param {unknown} [argument]
   * @returns {Promise<any>}
   */
  ask(ask, argument) {
    const id = (this.#asked += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.process.send({ id, ask, argument });
    });
  }

  async stop() {
    if (this.running) this.process.kill('SIGTERM');
    const impatience = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(impatience);
  }

  /** @param {any} message */
  #onAnswer({ id, value, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  #onEnd() {
    children.delete(this.process);
    for (const { reject } of this.#waiting.values()) reject(new Error('The process ended'));
    this.#waiting.clear();
  }
}
