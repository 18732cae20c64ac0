import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';

/** Which core serves and which one loads; null where processes cannot be pinned. */
export const CORES = canPin() ? { service: 0, rig: 1 } : null;

function canPin() {
  // Not `availableParallelism`: it is 1 for a process that is already pinned.
  if (process.platform !== 'linux' || cpus().length < 2) return false;
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' });
    execFileSync('taskset', ['-c', '1', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The command on its core.
 *
 * @param {'service' | 'rig'} side
 * @param {string[]} command
 */
export function pinned(side, [file = '', ...args]) {
  const command = [file === 'node' ? process.execPath : file, ...args];
  return CORES ? ['taskset', '-c', String(CORES[side]), ...command] : command;
}

/** In general words: enough to judge ratios by, nothing that names the machine. */
export function describeMachine() {
  const memory = Math.round(totalmem() / 2 ** 30);
  const pinning = CORES
    ? 'service pinned to one core, rig to another'
    : 'NOT pinned: taskset or a second core is missing, so the values are not reliable';
  return {
    cores: cpus().length,
    memoryGiB: memory,
    platform: `${process.platform} ${release().split('.').slice(0, 2).join('.')} ${process.arch}`,
    node: process.version,
    pinning,
  };
}
