import { randomBytes, randomUUID } from 'node:crypto';
import { livenessOf, thisProcess, type Liveness } from '../../common/process-identity.js';

/**
 * An id for a worker of this process, new at each call. It names the process, so that whoever finds it
 * in a store can tell whether that process is alive; where processes have no names it is a UUID, as in
 * earlier releases.
 */
export function newWorkerId(): string {
  if (thisProcess === null) return randomUUID();
  return [...thisProcess.split(' '), randomBytes(4).toString('hex')].join('.');
}

/** State of the process that a worker's id names; unknown if it names none. */
export function livenessOfWorker(workerId: string): Liveness {
  const words = workerId.split('.');
  return words.length === 4 ? livenessOf(words.slice(0, 3).join(' ')) : 'unknown';
}
