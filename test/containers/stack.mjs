import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { compose, podman } from '../../scripts/containers/engine.mjs';
import { ROOT } from '../../scripts/containers/paths.mjs';

/** A free port of the loopback. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * The stack of docker/compose.yaml, byte for byte, in a folder of its own: no `docker/.env` of this
 * checkout counts, and files of secrets can lie beside it.
 */
export class Stack {
  folder = mkdtempSync(join(tmpdir(), 'chat-containers-'));
  port = 0;
  /** @type {string[]} */
  #files = [];
  /** @type {NodeJS.ProcessEnv} */
  #environment = {};
  #checking = new AbortController();

  /** @param {string[]} files of docker/ */
  static async prepare(files = ['compose.yaml']) {
    const stack = new Stack();
    stack.#files = files;
    stack.port = await freePort();
    mkdirSync(join(stack.folder, 'docker'));
    for (const name of readdirSync(join(ROOT, 'docker')))
      if (name.endsWith('.yaml'))
        cpSync(join(ROOT, 'docker', name), join(stack.folder, 'docker', name));
    stack.#environment = { CHAT_PORT: String(stack.port), IMAGE_TAG: 'local' };
    return stack;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** @param {Record<string, string>} variables of the compose file */
  set(variables) {
    Object.assign(this.#environment, variables);
  }

  /** Writes a file of the folder `docker`. @param {string} name @param {string} text */
  write(name, text) {
    const file = join(this.folder, 'docker', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
  }

  /** @param {string[]} parameters */
  compose(...parameters) {
    return compose(
      { folder: this.folder, env: this.#environment },
      ...this.#files.flatMap((name) => ['-f', `docker/${name}`]),
      ...parameters,
    );
  }

  /** Waits until all are up: `up` itself waits for what others depend on. @param {string[]} parameters */
  async up(...parameters) {
    this.#check();
    await this.compose('up', '-d', '--no-build', '--pull', 'never', ...parameters);
    await this.waitFor('chat', 'healthy');
  }

  async close() {
    this.#checking.abort();
    await this.compose('down', '--volumes', '--timeout', '5').catch((error) =>
      console.error(error),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Podman leaves it to systemd to call health checks; here nobody else does. */
  #check() {
    this.#checking.abort();
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    void (async () => {
      while (!signal.aborted) {
        const running = await podman('ps', '--quiet').catch(() => '');
        for (const id of running.split('\n').filter(Boolean))
          await podman('healthcheck', 'run', id).catch(() => undefined);
        await pause(1_000, undefined, { signal }).catch(() => undefined);
      }
    })();
  }

  /** @param {string} service @returns {Promise<string>} */
  async id(service) {
    return this.compose('ps', '--all', '--quiet', service);
  }

  /** @param {string} service @param {string} format of podman inspect */
  async inspect(service, format) {
    return podman('inspect', '--format', format, await this.id(service));
  }

  /** @param {string} service @param {'healthy' | 'unhealthy'} health */
  async waitFor(service, health, longestMs = 90_000) {
    const end = Date.now() + longestMs;
    let now = '';
    while (Date.now() < end) {
      now = await this.inspect(service, '{{.State.Health.Status}}').catch((error) => String(error));
      if (now === health) return;
      await pause(500);
    }
    const log = await this.compose('logs', '--tail', '30', service);
    throw new Error(`${service} is ${now}, not ${health}\n${log}`);
  }
}
