import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { livenessOf, thisProcess } from '../../src/common/process-identity.js';
import { livenessOfWorker, newWorkerId } from '../../src/generation/workers/worker-id.js';

/** Only Linux says enough of processes; elsewhere all is unknown. */
const [host = '', pid = '', began = ''] = (thisProcess ?? '').split(' ');

describe('the identity of a process', () => {
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });

  /** Field 22 of its state is its start time, field 3 whether it is stopped. */
  const statOf = (id: number | undefined) =>
    readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];

  function started(...command: [string, ...string[]]): ChildProcess {
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    return child;
  }

  it('names its host, its id and its start', () => {
    expect(host).toMatch(/^[0-9a-f]{16}$/);
    expect(pid).toBe(String(process.pid));
    expect(began).toBe(statOf(process.pid)[19]);
    expect(livenessOf(`${host} ${pid} ${began}`)).toBe('alive');
  });

  it.each([
    ['of the same id that began at another time', `${host} ${pid} 1`, 'dead'],
    ['that is gone', `${host} 4194304 ${began}`, 'dead'],
    ['of another boot or another namespace', `x${host.slice(1)} ${pid} ${began}`, 'unknown'],
    ['without a name', '', 'unknown'],
    ['whose id is none', `${host} ../self ${began}`, 'unknown'],
    ['whose id is zero', `${host} 0 ${began}`, 'unknown'],
  ])('of a process %s says so', (_what, identity, liveness) => {
    expect(livenessOf(identity)).toBe(liveness);
  });

  it('of another process follows its life', async () => {
    const child = started('sleep', '60');
    const identity = `${host} ${child.pid} ${statOf(child.pid)[19]}`;
    expect(livenessOf(identity)).toBe('alive');
    child.kill('SIGSTOP');
    while (statOf(child.pid)[0] !== 'T') await new Promise(setImmediate);
    expect(livenessOf(identity)).toBe('stopped');
    child.kill('SIGCONT');
    while (statOf(child.pid)[0] === 'T') await new Promise(setImmediate);
    expect(livenessOf(identity)).toBe('alive');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf(identity)).toBe('dead');
  });

  it('of one that died and was not waited for is dead', async () => {
    // The shell's child dies; the program that takes the shell's place never asks for it.
    const parent = started('sh', '-c', 'sleep 60 & echo $!; exec sleep 60');
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const child = Number(line.toString());
    const identity = `${host} ${child} ${statOf(child)[19]}`;
    process.kill(child, 'SIGKILL');
    while (statOf(child)[0] !== 'Z') await new Promise(setImmediate);
    expect(livenessOf(identity)).toBe('dead');
  });
});

describe('the id of a worker', () => {
  it('is new each time and names its process', () => {
    const [one, other] = [newWorkerId(), newWorkerId()];
    expect(one).not.toBe(other);
    expect(livenessOfWorker(one)).toBe('alive');
    expect(livenessOfWorker(one.replace(`.${pid}.`, '.4194304.'))).toBe('dead');
  });

  it('of an earlier release names none', () => {
    expect(livenessOfWorker('0b0d2f5c-0d2e-4e53-9c8f-6a0f5f0d3c11')).toBe('unknown');
  });
});
