import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

/** What a command has done. */
export interface Ran {
  code: number | null;
  stdout: string;
  /** The same as it came. */
  bytes: Buffer;
  stderr: string;
}

/** A built command as a process of its own, configured by the environment alone. */
export interface RunningCommand {
  child: ChildProcess;
  done: Promise<Ran>;
}

export interface HowToRun {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: Buffer;
  /** A file in place of the pipe that is read, or a pipe whose reader has gone. */
  stdout?: number | 'closed';
}

/** Starts `node dist/src/<name>.js`. */
export function startCommand(
  name: string,
  args: readonly string[],
  { env = {}, cwd, stdin, stdout }: HowToRun = {},
): RunningCommand {
  const main = resolve(import.meta.dirname, `../../dist/src/${name}.js`);
  const child = spawn(process.execPath, [main, ...args], {
    cwd: cwd ?? '/',
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  });
  if (stdout === 'closed') child.stdout?.destroy();
  return { child, done: collected(child, stdin) };
}

/** Runs it to its end. */
export async function runCommand(
  name: string,
  args: readonly string[],
  how?: HowToRun,
): Promise<Ran> {
  return startCommand(name, args, how).done;
}

async function collected(child: ChildProcess, stdin?: Buffer): Promise<Ran> {
  const written: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (data: Buffer) => written.push(data));
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  const bytes = Buffer.concat(written);
  return { code, stdout: bytes.toString(), bytes, stderr };
}

/** A usage as a person reads it in a terminal: each command on a line of its own. */
export function expectHelp(text: string, commands: readonly string[]): void {
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^Usage: node /);
  for (const command of commands)
    expect(lines.filter((line) => `${line} `.startsWith(`  ${command} `))).toHaveLength(1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
}
