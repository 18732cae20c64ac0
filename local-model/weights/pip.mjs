import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeeds } from '../install/run.mjs';

/** The names under which systems have pip. */
const PIPS = [
  ['python3', '-m', 'pip'],
  ['pip'],
  ['py', '-m', 'pip'],
  ['python', '-m', 'pip'],
  ['pip3'],
];

/**
 * Downloads a wheel with the first pip that this machine has; pip shows its own progress.
 *
 * @param {string} requirement
 * @param {string} folder
 * @returns {Promise<string>} the wheel's path
 */
export async function downloadWheel(requirement, folder) {
  const [command, ...first] = await findPip();
  const code = await run(command, [
    ...first,
    'download',
    '--no-deps',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--only-binary=:all:',
    '--dest',
    folder,
    requirement,
  ]);
  if (code !== 0) throw new Error(`pip could not download ${requirement}; the reason is above.`);
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error(`pip did not download a wheel of ${requirement}.`);
  return join(folder, wheel);
}

/** @returns {Promise<[string, ...string[]]>} */
async function findPip() {
  for (const [command, ...first] of PIPS) {
    if (command !== undefined && (await succeeds(command, [...first, '--version']))) {
      return [command, ...first];
    }
  }
  throw new Error(
    'this machine has no pip. Install Python 3 with pip, or Ollama, and start again for a real one.',
  );
}
