import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

export type Liveness = 'alive' | 'dead' | 'unknown';

/** Who holds a lock, as its file says, and what has become of them. */
export interface LockHolder {
  /** This process, without line breaks. */
  readonly self: string;
  /** Of the process that a text like `self` names. */
  livenessOf(holder: string): Liveness;
}

/**
 * Processes of one Linux machine know each other: by the boot, the namespace of process ids (those of
 * containers repeat), the id and when it began (ids are given again). Elsewhere nothing is known. A
 * process that was stopped is as good as one of which nothing is known.
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
    // Behind the name, which may hold anything, comes field 3, the state; field 22 is the begin.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', beganAt: fields[19] ?? '' };
  } catch {
    return null;
  }
}
