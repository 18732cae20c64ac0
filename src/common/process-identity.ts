import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { systemCode } from './errors/system-code.js';

/**
 * State of a process as another one sees it. `stopped`: it is there, but is not run (SIGSTOP, a
 * debugger). `unknown`: it is of another host, or this system does not tell.
 */
export type Liveness = 'alive' | 'stopped' | 'dead' | 'unknown';

/**
 * Names a process for other processes of its host: the boot of the host with the namespace of its
 * process ids (containers of one host share the boot id, and each has a process 1), its id, and its start
 * time (ids are reused). Three words without dots, separated by spaces; null where the system has no
 * `/proc`, or has that of another namespace.
 */
export const thisProcess: string | null = describeThis();

/** State of the process that a text like `thisProcess` names. */
export function livenessOf(identity: string): Liveness {
  const [host, pid = '', began] = identity.split(' ');
  if (thisProcess === null || host !== thisProcess.split(' ', 1)[0]) return 'unknown';
  if (!/^[1-9]\d*$/.test(pid)) return 'unknown';
  const found = read(pid);
  // An operator may hide the processes of other users in /proc; the kernel still says whether they exist.
  if (found === null) return exists(Number(pid)) ? 'unknown' : 'dead';
  if (found.began !== began || /[ZX]/.test(found.state)) return 'dead';
  return /[Tt]/.test(found.state) ? 'stopped' : 'alive';
}

function describeThis(): string | null {
  const host = hostOf();
  const self = read('self');
  if (host === null || self?.pid !== String(process.pid)) return null;
  return `${host} ${self.pid} ${self.began}`;
}

function hostOf(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const text = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  } catch {
    return null;
  }
}

interface Stat {
  pid: string;
  state: string;
  began: string;
}

/** Null where there is no such process to be seen. */
function read(pid: string): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may contain any character, comes field 3, the state; field 22 is the
    // start time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid: text.split(' ', 1)[0] ?? '', state: fields[0] ?? '', began: fields[19] ?? '' };
  } catch {
    return null;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
