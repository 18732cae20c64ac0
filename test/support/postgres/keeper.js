/**
 * Runs one PostgreSQL for one test run: `node keeper.js <folder> <pid of the run>`. Writes its URL,
 * or why there is none, to `postgres.json` in the folder. Stops the server and removes its data on
 * a signal, or when the process of the run has ended.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries, serverUser } from './binaries.js';
import { isAlive, publish, stop } from './processes.js';

const [folder = '', run = '0'] = process.argv.slice(2);
const state = join(folder, 'postgres.json');
const home = join(folder, 'postgres');
const data = join(home, 'data');

/** Nothing here has to survive a crash. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '32MB',
  max_connections: '100',
};

let stopping = false;
process.on('SIGTERM', () => (stopping = true));
process.on('SIGINT', () => (stopping = true));

const server = await start().catch((error) => {
  publish(state, { error: error instanceof Error ? error.message : String(error) });
  return null;
});
while (!stopping && isAlive(Number(run))) await delay(100);
// SIGINT ends its sessions; SIGQUIT does not wait for anything.
if (server) await stop(server, 'SIGINT', 'SIGQUIT');
rmSync(folder, { recursive: true, force: true });

async function start() {
  const user = serverUser();
  mkdirSync(home);
  give(home, user);
  const bin = findBinaries(user, folder);
  const password = randomBytes(12).toString('hex');
  initialise(bin, user, password);
  const port = await freePort();
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
    ...user,
    cwd: home,
    stdio: 'ignore',
  });
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  try {
    await answers(server, url);
  } catch (error) {
    await stop(server, 'SIGINT', 'SIGQUIT');
    throw error;
  }
  publish(state, { url });
  return server;
}

/** @param {string} path @param {import('./binaries.js').User} user */
function give(path, { uid, gid }) {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

/** @param {string} bin @param {import('./binaries.js').User} user @param {string} password */
function initialise(bin, user, password) {
  const file = join(home, 'password');
  writeFileSync(file, password);
  give(file, user);
  const flags = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', file];
  const made = spawnSync(
    join(bin, 'initdb'),
    [...flags, '-E', 'UTF8', '--no-locale', '--no-sync'],
    {
      ...user,
      cwd: home,
      encoding: 'utf8',
    },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
}

async function freePort() {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** @param {import('node:child_process').ChildProcess} server @param {string} url */
async function answers(server, url) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (server.exitCode !== null) throw new Error('The server ended while it started');
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch {
      await delay(50);
    }
  }
  throw new Error('The server did not answer within 15 s');
}
