import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/**
 * What Linux says about processes. Elsewhere every number is NaN, and the report says so.
 *
 * Ticks of `/proc` are 10 ms on every Linux that Node runs on.
 */
const TICK_US = 10_000;

/**
 * CPU time of a process and all its descendants, in microseconds.
 *
 * @param {number} pid
 */
export function cpuOf(pid) {
  return treeOf(pid).reduce((sum, member) => sum + cpuOfOne(member), 0);
}

/** @param {number} pid */
function cpuOfOne(pid) {
  const stat = read(`/proc/${pid}/stat`);
  // The name in brackets may hold anything: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? NaN) + Number(fields[12] ?? NaN)) * TICK_US;
}

/**
 * Resident memory of a process and all its descendants, in bytes.
 *
 * @param {number} pid
 */
export function rssOf(pid) {
  return treeOf(pid).reduce((sum, member) => {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(read(`/proc/${member}/status`))?.[1];
    return sum + Number(kilobytes ?? NaN) * 1024;
  }, 0);
}

/**
 * Open sockets of a process and all its descendants.
 *
 * @param {number} pid
 */
export function socketsOf(pid) {
  return treeOf(pid).reduce((sum, member) => sum + links(`/proc/${member}/fd`).length, 0);
}

/** @param {string} folder */
function links(folder) {
  try {
    return readdirSync(folder).filter((name) => linkOf(`${folder}/${name}`).startsWith('socket:'));
  } catch {
    return [];
  }
}

/** @param {string} path */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** @param {number} pid @returns {number[]} */
function treeOf(pid) {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}

/**
 * Busy and whole time of each core since the start of the machine, in ticks. Time that the
 * hypervisor took (steal) counts as busy.
 *
 * @returns {{ busy: number, all: number }[]}
 */
export function coreTimes() {
  return [...read('/proc/stat').matchAll(/^cpu\d+ (.*)$/gm)].map(([, numbers = '']) => {
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0] =
      numbers.split(' ').map(Number);
    const busy = user + nice + system + irq + soft + stolen;
    return { busy, all: busy + idle + wait };
  });
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
