import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmCommand } from './npm.mjs';
import { platformPackage } from './platform-package.mjs';
import { run } from './run.mjs';

/** Install scripts stay off: they would build llama.cpp from source while its package is missing. */
const HOW = [
  '--omit=optional',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  // Without a network a person waits for this: seconds are enough, not npm's minute.
  '--fetch-retry-maxtimeout=10000',
];

/**
 * Installs node-llama-cpp and the one package with this platform's build into `folder`, unless
 * they are there: its fourteen optional packages would be a gigabyte.
 *
 * @param {string} folder That of local-model's package.json and lockfile.
 * @param {(text: string) => void} say
 */
export async function ensureDependencies(folder, say) {
  const wanted = await lockedVersion(folder);
  const native = platformPackage(process.platform, process.arch);
  const present = await Promise.all(
    ['node-llama-cpp', native].map((name) => installedVersion(folder, name)),
  );
  if (present.every((version) => version === wanted)) return;
  say(`Installing node-llama-cpp ${wanted} and ${native} (about 30 MB to download, once)…`);
  await npm(folder, ['ci', ...HOW]);
  await npm(folder, ['install', '--no-save', ...HOW, `${native}@${wanted}`]);
}

/**
 * @param {string} folder
 * @param {string[]} args
 */
async function npm(folder, args) {
  const [command, ...first] = npmCommand(process.env);
  const code = await run(command, [...first, ...args], { cwd: folder });
  if (code !== 0) throw new Error('npm could not install node-llama-cpp; the reason is above.');
}

/**
 * @param {string} folder
 * @returns {Promise<string>}
 */
async function lockedVersion(folder) {
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  return String(lock.packages['node_modules/node-llama-cpp'].version);
}

/**
 * @param {string} folder
 * @param {string} name
 * @returns {Promise<string | null>} null where it is not installed
 */
async function installedVersion(folder, name) {
  try {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    return String(JSON.parse(text).version);
  } catch {
    return null;
  }
}
