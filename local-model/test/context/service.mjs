import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * The built service, in its own process, in front of a model server.
 *
 * @param {{ ollama: string, model: string, window: number, folder: string }} given
 */
export async function startService({ ollama, model, window, folder }) {
  const port = await freePort();
  const main = fileURLToPath(new URL('../../../dist/src/main.js', import.meta.url));
  const child = fork(main, {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      API_PORT: String(port),
      API_HOST: '127.0.0.1',
      OLLAMA_BASE_URL: ollama,
      OLLAMA_DEFAULT_MODEL: model,
      TITLES: 'false',
      OLLAMA_NUM_CTX: String(window),
      HISTORY_STORAGE_TYPE: 'file',
      HISTORY_FILE_PATH: folder,
      RATE_LIMIT_ENABLED: 'false',
    },
  });
  let tries = 0;
  const url = `http://127.0.0.1:${port}`;
  while ((await answerOf(`${url}/health/live`)) === null) {
    if (child.exitCode !== null) throw new Error('The service did not start; run: npm run build');
    await delay(50);
    if ((tries += 1) > 600) throw new Error('The service does not listen');
  }
  return {
    url,
    close: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** @param {string} url */
async function answerOf(url) {
  return fetch(url).catch(() => null);
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
