import type { LogSink } from './log-sink.js';
import { nonBlocking } from './non-blocking.js';
import { PatientSink } from './patient-sink.js';

const STDOUT = 1;

/**
 * Standard output, written to at once: a process that exits or dies has lost no line that could be
 * written. A console that takes nothing, or went away, is no reason to stop serving.
 *
 * @param onRecovered - gets the number of dropped lines, once the console takes lines again
 * @param fd - the file descriptor to write to
 */
export function consoleSink(onRecovered: (missed: number) => void, fd: number = STDOUT): LogSink {
  return new PatientSink(nonBlocking(fd), onRecovered);
}
