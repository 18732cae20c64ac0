import { spawn } from 'node:child_process';

/**
 * Runs a program without a shell; what it prints goes to our stderr, as progress does.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<number>} its exit code
 */
export function run(command, args, options = {}) {
  return exitCode(command, args, { ...options, stdio: ['ignore', 2, 2] });
}

/**
 * Whether a program is there and content with these arguments.
 *
 * @param {string} command
 * @param {string[]} args
 */
export async function succeeds(command, args) {
  try {
    return (await exitCode(command, args, { stdio: 'ignore' })) === 0;
  } catch {
    return false;
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>}
 */
function exitCode(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, windowsHide: true });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
