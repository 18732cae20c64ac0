/**
 * Runs one server for one test run: `node keeper.js <folder> <pid of the run>`. Writes its URL, or
 * why there is none, to `mongo.json` in the folder. Stops the server and removes its data on a
 * signal, or when the process of the run has ended.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { isAlive, publish, stop } from '../postgres/processes.js';
import { startServer } from './server.js';

const [folder = '', run = '0'] = process.argv.slice(2);
const state = join(folder, 'mongo.json');
const data = join(folder, 'mongo');

let stopping = false;
process.on('SIGTERM', () => (stopping = true));
process.on('SIGINT', () => (stopping = true));

mkdirSync(data);
const server = await start().catch((error) => {
  publish(state, { error: error instanceof Error ? error.message : String(error) });
  return null;
});
while (!stopping && isAlive(Number(run))) await delay(100);
if (server) await stop(server, 'SIGTERM', 'SIGKILL');
rmSync(folder, { recursive: true, force: true });

async function start() {
  const { url, process: child } = await startServer(data);
  try {
    const client = await new MongoClient(url, { serverSelectionTimeoutMS: 15_000 }).connect();
    await client.close();
  } catch (error) {
    await stop(child, 'SIGTERM', 'SIGKILL');
    throw error;
  }
  publish(state, { url });
  return child;
}
