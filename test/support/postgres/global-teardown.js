import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.js';

/** Stops the keepers that this run started, and with them their servers; says what was not there. */
export default async function globalTeardown() {
  const folder = process.env.TEST_RUN_FOLDER;
  if (!folder) return;
  const files = await readdir(folder);
  for (const name of files.filter((file) => file.endsWith('.missing')))
    console.warn(await readFile(join(folder, name), 'utf8'));
  // The last of them takes the folder along.
  const keepers = files.filter((name) => name.endsWith('.pid'));
  await Promise.all(keepers.map((name) => stop(join(folder, name))));
  await rm(folder, { recursive: true, force: true });
}

/** @param {string} file */
async function stop(file) {
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (pid === 0 || !isAlive(pid)) return;
  process.kill(pid, 'SIGTERM');
  for (let tries = 0; isAlive(pid) && tries < 200; tries += 1) await delay(50);
}
