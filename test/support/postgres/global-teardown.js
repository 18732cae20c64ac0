import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './processes.js';

/** Stops the keeper, if this run started one, and with it the server. */
export default async function globalTeardown() {
  const folder = process.env.TEST_RUN_FOLDER;
  if (!folder) return;
  const pid = Number(await readFile(join(folder, 'keeper.pid'), 'utf8').catch(() => '0'));
  if (pid > 0 && isAlive(pid)) {
    process.kill(pid, 'SIGTERM');
    for (let tries = 0; isAlive(pid) && tries < 200; tries += 1) await delay(50);
  }
  await rm(folder, { recursive: true, force: true });
}
