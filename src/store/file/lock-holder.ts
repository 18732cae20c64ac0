import { livenessOf, thisProcess } from '../../common/process-identity.js';

/** The holder of a lock, from its file, and whether it is alive. */
export interface LockHolder {
  /** This process, without line breaks. */
  readonly self: string;
  /** State of the process that a text like `self` identifies. */
  livenessOf(holder: string): 'alive' | 'dead' | 'unknown';
}

/** A process of this machine; the state of a stopped one is unknown, too. */
export const machineHolder: LockHolder = {
  self: thisProcess ?? '-',
  livenessOf: (holder) => {
    const liveness = livenessOf(holder);
    return liveness === 'stopped' ? 'unknown' : liveness;
  },
};
