/**
 * A process that quickstart started.
 *
 * @typedef {object} Child
 * @property {string} name
 * @property {import('node:child_process').ChildProcess} child Detached, but for Windows: Ctrl-C at
 *   the terminal must reach quickstart alone, for a second signal means "at once" to the service.
 * @property {boolean} wholeGroup Whether its own child processes must be stopped, too.
 */

const WINDOWS = process.platform === 'win32';

/** The processes that end when quickstart does, and end it when they die. */
export class Children {
  /** @type {(Child & { exited: Promise<void> })[]} */
  #running = [];
  #stopping = false;
  /** @type {(error: Error) => void} */
  #fail = () => {};

  /** @type {Promise<never>} Rejects when a child ends before it is stopped. */
  failed = new Promise((_resolve, reject) => {
    this.#fail = reject;
  });

  constructor() {
    this.failed.catch(() => {});
  }

  /** @param {Child} started */
  add(started) {
    const { name, child } = started;
    const exited = new Promise((/** @type {(value: void) => void} */ resolve) => {
      child.once('error', (error) => {
        this.#fail(new Error(`The ${name} could not be started: ${error.message}`));
        resolve();
      });
      child.once('exit', (code, signal) => {
        if (!this.#stopping) this.#fail(new Error(`The ${name} ended (${signal ?? code}).`));
        resolve();
      });
    });
    this.#running.push({ ...started, exited });
  }

  /**
   * Ends all, the last started first: the service finishes its answers while the model still runs.
   *
   * @param {{ patienceMs: number, byTerminal: boolean }} how `patienceMs` is the most that each
   *   gets. On Windows only the terminal can ask a process to end; anything else cuts it off.
   */
  async stop({ patienceMs, byTerminal }) {
    this.#stopping = true;
    for (const started of this.#running.toReversed()) {
      const cut = setTimeout(() => signal(started, 'SIGKILL'), patienceMs);
      if (started.child.connected) started.child.disconnect();
      if (!(WINDOWS && byTerminal)) signal(started, 'SIGTERM');
      await started.exited;
      clearTimeout(cut);
    }
  }

  /** Ends all at once. */
  kill() {
    this.#stopping = true;
    for (const started of this.#running) signal(started, 'SIGKILL');
  }
}

/**
 * @param {Child} started
 * @param {NodeJS.Signals} name
 */
function signal({ child, wholeGroup }, name) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (wholeGroup && !WINDOWS) process.kill(-child.pid, name);
    else child.kill(name);
  } catch {
    // It ended in this moment.
  }
}
