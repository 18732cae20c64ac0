// npm run test:containers [-- --if-made] [FILE…]
//
// Builds the image from docker/Dockerfile and brings up docker/compose.yaml, both unchanged, on Podman
// with Docker Compose, and runs test/containers. It needs root on Debian; where its packages cannot be
// had it says so and exits 0. The first run builds Docker Compose and the base images and takes a
// quarter of an hour; `--if-made` does nothing where that has not been done. With `TEST_OLLAMA=FOLDER`
// (base-images.mjs) it runs one chat with a real model instead: the other tests need the fake one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { makeBaseImages } from './base-images.mjs';
import { buildCompose } from './compose-tool.mjs';
import { build, configureEngine, ENGINE_ENV, removeEverything } from './engine.mjs';
import { installPackages, missingPackages } from './packages.mjs';
import { COMPOSE, IMAGE, ROOT } from './paths.mjs';

const { values, positionals } = parseArgs({
  options: { 'if-made': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const every = process.env.TEST_OLLAMA ? 'test/containers/real-ollama.mjs' : 'test/containers/';
const files = positionals.length > 0 ? positionals : [every];

if (values['if-made'] && (missingPackages().length > 0 || !existsSync(COMPOSE))) {
  skip('its tools were not made before; `npm run test:containers` makes them');
} else if (await made()) {
  process.exitCode = await runTests();
}

/** Waits for another run on this machine: both have one engine. The lock goes with the process. */
async function waitForOthers() {
  for (let said = false; ; said = true) {
    const lock = createServer().unref();
    // A name of the kernel's, not a file: nothing is left behind.
    lock.listen('\0ollama-chat-service-containers');
    const isOurs = await once(lock, 'listening').then(
      () => true,
      () => false,
    );
    if (isOurs) return;
    if (!said) console.log('waiting for another run of these tests');
    await pause(1_000);
  }
}

/** @param {string} reason */
function skip(reason) {
  console.log(`SKIPPED: the container tests did not run: ${reason}`);
}

/** Whether all that comes from registries is here. */
async function made() {
  try {
    await installPackages();
    await buildCompose();
    await waitForOthers();
    configureEngine();
    await removeEverything();
    await makeBaseImages();
    return true;
  } catch (error) {
    skip(error instanceof Error ? error.message : String(error));
    return false;
  }
}

async function runTests() {
  console.log('NOTE: the base images are stand-ins, made from packages of Debian and npm:');
  console.log('node and postgres are real programs in an image of our own;');
  console.log(`ollama is ${process.env.TEST_OLLAMA ? 'a real program' : 'a fake program'}.`);
  console.log('building the image from docker/Dockerfile');
  await build(IMAGE, ROOT, ['--file', `${ROOT}/docker/Dockerfile`]);
  const service = startEngine();
  // Ctrl-C goes to the tests too; what they leave is removed here.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  try {
    const tests = spawn(process.execPath, ['--test', '--test-concurrency=1', ...files], {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = await once(tests, 'exit');
    return code ?? 1;
  } finally {
    await removeEverything();
    service.kill();
    await once(service, 'exit');
  }
}

/** What Docker Compose speaks to. */
function startEngine() {
  const socket = ENGINE_ENV.DOCKER_HOST.replace('unix://', '');
  rmSync(socket, { force: true });
  return spawn('podman', ['system', 'service', '--time=0', ENGINE_ENV.DOCKER_HOST], {
    env: ENGINE_ENV,
    stdio: ['ignore', 'ignore', 'ignore'],
  });
}
