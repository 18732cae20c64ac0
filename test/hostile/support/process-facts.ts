import { readdirSync, readFileSync } from 'node:fs';

/** Resident memory of a process in MiB, as Linux counts it. */
export function memoryOf(pid: number): number {
  return mebibytes(pid, /VmRSS:\s+(\d+)/);
}

/** The most that it ever was. */
export function peakMemoryOf(pid: number): number {
  return mebibytes(pid, /VmHWM:\s+(\d+)/);
}

function mebibytes(pid: number, field: RegExp): number {
  const kib = field.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error('The process tells no memory: has it ended?');
  return Number(kib) / 1024;
}

/** Open files and sockets of a process. */
export function handlesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** CPU time that a process has used, in milliseconds. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold anything: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
