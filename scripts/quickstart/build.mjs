import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository, SERVICE_ENTRY } from './paths.mjs';
import { say } from './say.mjs';

const SOURCES = ['src', 'migrations'];
const CONFIGURATION = ['package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

/** Builds the service, unless what is built is newer than every source. */
export async function buildIfNeeded() {
  if (!(await isStale())) return;
  const nest = inRepository('node_modules/@nestjs/cli/bin/nest.js');
  if (!existsSync(nest)) throw new Error('The build needs the development packages: run npm ci.');
  say('Building the service…');
  const build = spawn(process.execPath, [nest, 'build'], {
    cwd: inRepository('.'),
    stdio: ['ignore', 2, 2],
  });
  const [code] = await once(build, 'exit');
  if (code === 0) return;
  // Its partial output must not be used as a build next time.
  await rm(inRepository(SERVICE_ENTRY), { force: true });
  throw new Error('The build failed; the reason is above.');
}

async function isStale() {
  const built = await modified(inRepository(SERVICE_ENTRY));
  const folders = await Promise.all(SOURCES.map((folder) => newestIn(inRepository(folder))));
  const files = await Promise.all(CONFIGURATION.map((file) => modified(inRepository(file))));
  return Math.max(...folders, ...files) > built;
}

/**
 * @param {string} folder
 * @returns {Promise<number>}
 */
async function newestIn(folder) {
  const entries = await readdir(folder, { recursive: true });
  const times = await Promise.all(entries.map((entry) => modified(join(folder, entry))));
  return Math.max(0, ...times);
}

/**
 * @param {string} path
 * @returns {Promise<number>} epoch milliseconds; 0 where there is nothing
 */
async function modified(path) {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return 0;
  }
}
