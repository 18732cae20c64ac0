import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { FakeOllama } from '../../bench/fake-ollama/server.mjs';

const MAIN = resolve(import.meta.dirname, '../../dist/src/main.js');

/**
 * The built service with a scripted Ollama on free ports of the loopback, for programs that call it
 * from outside. Nothing is limited but what `env` limits; it works in an empty folder.
 *
 * @typedef {object} StartedService
 * @property {string} url
 * @property {() => Promise<number | null>} stop ends it as a supervisor does; its exit code
 *
 * @param {Record<string, string>} [env]
 * @returns {Promise<StartedService>}
 */
export async function startService(env = {}) {
  const ollama = new FakeOllama();
  ollama.server.listen(0, '127.0.0.1');
  await once(ollama.server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-'));
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment(ollama.server.address()), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await listening(child.stdout);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      ollama.server.closeAllConnections();
      ollama.server.close();
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** @param {import('node:net').AddressInfo | string | null} address */
function environment(address) {
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    API_HOST: '127.0.0.1',
    API_PORT: '0',
    METRICS_PORT: '0',
    OLLAMA_BASE_URL: `http://127.0.0.1:${port}`,
    OLLAMA_DEFAULT_MODEL: 'instant:8',
    TITLES: 'false',
    RATE_LIMIT_ENABLED: 'false',
    LOG_FORMAT: 'json',
  };
}

/** @param {import('node:stream').Readable} log @returns {Promise<string>} */
async function listening(log) {
  const lines = createInterface(log);
  for await (const line of lines) {
    const { msg, url } = JSON.parse(line);
    if (msg !== 'Listening') continue;
    log.resume();
    return String(url).replace('[::1]', '127.0.0.1');
  }
  throw new Error('The service ended before it listened');
}
