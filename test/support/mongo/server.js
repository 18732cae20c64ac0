import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const EXE = process.platform === 'win32' ? '.exe' : '';
const SOURCES = ['main.go', 'go.mod', 'go.sum'];
const PATCH = join('patch', 'by_index.go');
const SQLITE = 'vendor/github.com/FerretDB/FerretDB/internal/backends/sqlite';
/** @type {[string, RegExp, string][]} */
const CHANGES = [
  // Where a query makes its condition, the first such place in the file.
  [
    'collection.go',
    /if params\.Filter\.Len\(\) == 1 \{[^]*?\n\t\}/,
    'whereClause, args = byIndex(params.Filter)',
  ],
  // The index is on the same by another spelling, which SQLite does not recognise.
  ['metadata/metadata.go', /"->'\$\._id'"/, '`->"_id"`'],
];
const here = fileURLToPath(new URL('.', import.meta.url));
const cache = fileURLToPath(new URL('../../../node_modules/.cache/mongo-server', import.meta.url));

/** @typedef {{ url: string, process: import('node:child_process').ChildProcess }} Server */

/**
 * A server on a port of its own, with its data in `folder`: MongoDB where it is installed, else one
 * that speaks its protocol, built from the program beside this file.
 *
 * @param {string} folder
 * @returns {Promise<Server>}
 */
export async function startServer(folder) {
  return isInstalled('mongod') ? startMongod(folder) : startLookalike(folder);
}

/** @param {string} folder @returns {Promise<Server>} */
async function startMongod(folder) {
  const port = await freePort();
  const flags = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1'];
  const child = spawn('mongod', [...flags, '--nounixsocket'], { stdio: 'ignore' });
  return { url: `mongodb://127.0.0.1:${port}/`, process: child };
}

/** @param {string} folder @returns {Promise<Server>} */
async function startLookalike(folder) {
  const child = spawn(built(), [folder], { stdio: ['pipe', 'pipe', 'ignore'] });
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(() => {
      throw new Error('The server ended while it started');
    }),
  ]);
  return { url, process: child };
}

/** The program, built once for what its sources are; that takes a minute. */
function built() {
  const sources = [...SOURCES, PATCH, 'server.js'].map((name) => readFileSync(join(here, name)));
  const version = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16);
  const program = join(cache, `${version}${EXE}`);
  if (existsSync(program)) return program;
  if (!isInstalled('go')) throw new Error('neither mongod nor go (1.22 or later) is on the PATH');
  mkdirSync(cache, { recursive: true });
  const workshop = mkdtempSync(join(cache, 'build-'));
  try {
    build(workshop);
    renameSync(join(workshop, 'built'), program);
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
  return program;
}

/**
 * With our patch of FerretDB, without which each fenced query reads a whole collection.
 *
 * @param {string} workshop
 */
function build(workshop) {
  for (const name of SOURCES) cpSync(join(here, name), join(workshop, name));
  go(workshop, 'mod', 'vendor');
  const sqlite = join(workshop, SQLITE);
  cpSync(join(here, PATCH), join(sqlite, 'by_index.go'));
  for (const [file, from, to] of CHANGES) {
    const text = readFileSync(join(sqlite, file), 'utf8');
    if (!from.test(text)) throw new Error('FerretDB is not the version that the patch is for');
    writeFileSync(join(sqlite, file), text.replace(from, to));
  }
  go(workshop, 'build', '-mod=vendor', '-ldflags', '-s -w', '-o', 'built', '.');
}

/** @param {string} folder @param {string[]} parameters */
function go(folder, ...parameters) {
  const { status, stderr } = spawnSync('go', parameters, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' },
  });
  if (status !== 0) throw new Error(`go ${parameters[0]} failed: ${stderr}`);
}

/** @param {string} name */
function isInstalled(name) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && existsSync(join(folder, name + EXE)));
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
