import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = resolve(import.meta.dirname, '../../dist/src/main.js');

/** All processes end with the test run, even if a test fails. */
const CHILDREN = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of CHILDREN) child.kill('SIGKILL');
});

/** A line of the service's log. */
export type LogLine = Record<string, unknown> & { level?: string; msg?: string };

/**
 * The built service as a process of its own, configured by the environment alone, in an empty
 * folder. `npm test` builds it first.
 */
export class ServiceProcess {
  readonly log: LogLine[] = [];
  stderr = '';
  url = '';
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  private readonly waiting = new Set<() => void>();

  private constructor(
    readonly child: ChildProcess,
    readonly folder: string,
  ) {
    CHILDREN.add(child);
    this.exited = once(child, 'exit').then(([code, signal]) => {
      CHILDREN.delete(child);
      this.wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    if (child.stdout) createInterface(child.stdout).on('line', (line) => this.keep(line));
    child.stderr?.on('data', (data: Buffer) => (this.stderr += data.toString()));
  }

  /** Starts it without waiting. `folder` is its working folder; a new one when not given. */
  static spawn(
    env: Record<string, string>,
    folder?: string,
    flags: readonly string[] = [],
  ): ServiceProcess {
    const cwd = folder ?? mkdtempSync(join(tmpdir(), 'chat-service-'));
    const child = spawn(process.execPath, [...flags, MAIN], {
      cwd,
      env: {
        PATH: process.env['PATH'] ?? '',
        API_HOST: '127.0.0.1',
        API_PORT: '0',
        METRICS_PORT: '0',
        // Tests count what the model is asked.
        TITLES: 'false',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(child, cwd);
  }

  /** Starts it and waits until it listens. */
  static async start(
    env: Record<string, string>,
    folder?: string,
    flags?: readonly string[],
  ): Promise<ServiceProcess> {
    const service = ServiceProcess.spawn(env, folder, flags);
    const line = await service.logged('Listening');
    service.url = String(line['url']).replace('[::1]', '127.0.0.1');
    return service;
  }

  /** The first line with this message, once it is logged; fails when the process ends without it. */
  async logged(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.log.find((entry) => entry.msg === message);
      if (line) return line;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(
          `It ended without "${message}":\n${this.stderr}${JSON.stringify(this.log)}`,
        );
      }
      await new Promise<void>((wake) => this.waiting.add(wake));
    }
  }

  /** The lines with this message, once there are so many; fails when the process ends before. */
  async loggedTimes(message: string, times: number): Promise<LogLine[]> {
    for (;;) {
      const lines = this.log.filter((entry) => entry.msg === message);
      if (lines.length >= times) return lines;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`It ended with ${String(lines.length)} of ${String(times)} "${message}"`);
      }
      await new Promise<void>((wake) => this.waiting.add(wake));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills it and removes its folder unless `keep` is set. */
  async remove({ keepFolder = false } = {}): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.kill('SIGKILL');
    await this.exited;
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  private keep(line: string): void {
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.log.push({ msg: line });
    }
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}
