import { renameSync, writeFileSync } from 'node:fs';

/**
 * Whether a process is there.
 *
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Ends a server that this process started, with a second signal if the first is not heard.
 *
 * @param {import('node:child_process').ChildProcess} server
 * @param {NodeJS.Signals} first
 * @param {NodeJS.Signals} second
 */
export async function stop(server, first, second) {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill(first);
  const impatience = setTimeout(() => server.kill(second), 5000);
  await ended;
  clearTimeout(impatience);
}

/**
 * Publishes the address of a server, or why there is none; by renaming, so that a reader never
 * reads a part of it.
 *
 * @param {string} file
 * @param {{ url: string } | { error: string }} state
 */
export function publish(file, state) {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}
