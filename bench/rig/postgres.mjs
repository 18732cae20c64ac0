import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chownSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries, serverUser } from '../../test/support/postgres/binaries.js';
import { Child } from './child.mjs';
import { freePort } from './ports.mjs';

/** As durable as PostgreSQL is by default: no figure is bought with `fsync=off`. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_connections: '100',
};

/** @typedef {{ url: string, stop: () => Promise<void> }} Server */

/**
 * A PostgreSQL on the rig's core: that of `BENCH_POSTGRES_URL`, else one that this run starts.
 *
 * @returns {Promise<Server>}
 */
export async function startPostgres() {
  const given = process.env.BENCH_POSTGRES_URL;
  if (given) return { url: given, stop: async () => undefined };
  const user = serverUser();
  const home = mkdtempSync(join(tmpdir(), 'chat-bench-postgres-'));
  chmodSync(home, 0o711);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(home, user.uid, user.gid);
  const bin = findBinaries(user, home);
  const password = randomBytes(12).toString('hex');
  initialise({ bin, home, user, password });
  const port = await freePort();
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = new Child({
    core: 'rig',
    command: [join(bin, 'postgres'), '-D', join(home, 'data'), '-p', String(port), ...settings],
    cwd: home,
    output: 'ignore',
    ...user,
  });
  const stop = async () => {
    child.process.kill('SIGINT');
    await child.ended;
    rmSync(home, { recursive: true, force: true });
  };
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  await answers(url, child);
  return { url, stop };
}

/**
 * An empty database of its own.
 *
 * @param {string} serverUrl
 */
export async function freshDatabase(serverUrl) {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  await query(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => query(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

/** @param {{ bin: string, home: string, user: object, password: string }} options */
function initialise({ bin, home, user, password }) {
  const file = join(home, 'password');
  writeFileSync(file, password, { mode: 0o644 });
  const flags = [
    '-D',
    join(home, 'data'),
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '--pwfile',
    file,
  ];
  const made = spawnSync(join(bin, 'initdb'), [...flags, '-E', 'UTF8', '--no-locale'], {
    ...user,
    cwd: home,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
}

/** @param {string} url @param {Child} child */
async function answers(url, child) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (!child.running) throw new Error('PostgreSQL ended while it started');
    try {
      return await query(url, 'SELECT 1');
    } catch {
      await delay(50);
    }
  }
  throw new Error('PostgreSQL did not answer within 15 s');
}

/** @param {string} url @param {string} sql */
async function query(url, sql) {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
