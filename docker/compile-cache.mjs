// Run as the image is built: starts and ends what the image is for, so that Node keeps the compiled code in
// NODE_COMPILE_CACHE. Each start of a container then reads it instead of compiling.
//
//     node compile-cache.mjs COMMAND…      the image's command
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [, , file = '', ...parameters] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'compile-cache-'));
const environment = {
  ...process.env,
  API_HOST: '127.0.0.1',
  API_PORT: await freePort(),
  METRICS_PORT: await freePort(),
  // Nothing answers at port 9: no model is asked.
  OLLAMA_BASE_URL: 'http://127.0.0.1:9',
  HISTORY_STORAGE_TYPE: 'database',
};
for (const database of [
  `sqlite:${join(folder, 'chat.sqlite')}`,
  // The start does not wait for the server: the driver is loaded.
  'postgres://127.0.0.1:9/chat',
])
  await startAndStop({ ...environment, HISTORY_DB_URL: database });
rmSync(folder, { recursive: true });

/** @param {NodeJS.ProcessEnv} env */
async function startAndStop(env) {
  const service = spawn(file, parameters, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(service, 'exit');
  let log = '';
  for await (const line of createInterface(service.stdout)) {
    log += `${line}\n`;
    if (!line.includes('"Listening"')) continue;
    await run('node', ['dist/src/health.js', 'live'], env);
    service.kill('SIGTERM');
  }
  const [code] = await exited;
  if (code !== 0) throw new Error(`The service ended with ${code}:\n${log}`);
}

/** @param {string} command @param {string[]} words @param {NodeJS.ProcessEnv} env */
async function run(command, words, env) {
  const [code] = await once(spawn(command, words, { env, stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${code}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return String(typeof address === 'object' ? address?.port : '');
}
