/**
 * Runs one server for one test run: `node keeper.js <folder> <pid of the run>`. Writes its URL, or
 * why there is none, to `mongo.json` in the folder. Stops the server and removes its data when it is
 * told to or when the run is gone, however that came about.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { isAlive } from '../postgres/processes.js';
import { startServer } from './server.js';

const [folder = '', run = '0'] = process.argv.slice(2);
const data = join(folder, 'mongo');

let stopping = false;
process.on('SIGTERM', () => (stopping = true));
process.on('SIGINT', () => (stopping = true));

mkdirSync(data);
const server = await start().catch((error) => {
  publish({ error: error instanceof Error ? error.message : String(error) });
  return null;
});
while (!stopping && isAlive(Number(run))) await delay(100);
if (server) await stop(server);
rmSync(folder, { recursive: true, force: true });

async function start() {
  const { url, process: child } = await startServer(data);
  try {
    const client = await new MongoClient(url, { serverSelectionTimeoutMS: 15_000 }).connect();
    await client.close();
  } catch (error) {
    await stop(child);
    throw error;
  }
  publish({ url });
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(impatience);
}

/**
 * By renaming, so that a reader never finds half of it.
 *
 * @param {{ url: string } | { error: string }} state
 */
function publish(state) {
  const file = join(folder, 'mongo.json');
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}
