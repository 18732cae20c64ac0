import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

export type Liveness = 'alive' | 'dead' | 'unknown';

/** The holder of a lock, from its file, and whether it is alive. */
export interface LockHolder {
  /** This process, without line breaks. */
  readonly self: string;
  /** State of the process that a text like `self` identifies. */
  livenessOf(holder: string): Liveness;
}

/**
 * On one Linux machine a process is identified by the boot id, the namespace of process ids
 * (containers have the same ids), its process id and its start time (ids are reused). On other
 * systems the state is unknown. The state of a suspended process is unknown, too.
 */
export const machineHolder: LockHolder = {
  self: describe(process.pid) ?? '-',
  livenessOf: (holder) => {
    const [machine, pid = ''] = holder.split(' ');
    if (machine !== here() || !/^\d+$/.test(pid)) return 'unknown';
    if (describe(Number(pid)) !== holder) return 'dead';
    return /[Tt]/.test(stateOf(Number(pid))?.state ?? '') ? 'unknown' : 'alive';
  },
};

function describe(pid: number): string | null {
  const machine = here();
  const process = stateOf(pid);
  if (machine === null || process === null || /[ZX]/.test(process.state)) return null;
  return `${machine} ${pid} ${process.beganAt}`;
}

/** Names the boot of this machine and the namespace of its process ids; null where there are none. */
function here(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const text = `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
    return createHash('sha256').update(text).digest('hex').slice(0, 16);
  } catch {
    return null;
  }
}

/** Null where there is no such process. */
function stateOf(pid: number): { state: string; beganAt: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may contain any character, comes field 3, the state; field 22 is the
    // start time.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', beganAt: fields[19] ?? '' };
  } catch {
    return null;
  }
}
