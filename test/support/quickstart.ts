import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../scripts/quickstart/main.mjs');

/**
 * `npm run quickstart` as a process of its own, in an empty folder, with the scripted stand-in where
 * it needs a model: nothing is downloaded. `npm test` builds the service first.
 */
export class Quickstart {
  stdout = '';
  stderr = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), 'quickstart-'));
  private wake = (): void => undefined;

  constructor(env: Record<string, string>, ...args: string[]) {
    this.child = spawn(process.execPath, [MAIN, '--no-build', ...args], {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        LOCAL_MODEL_ENGINE: 'scripted',
        HISTORY_STORAGE_TYPE: 'memory',
        // Tests count what the model is asked.
        TITLES: 'false',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'close').then(([code]) => {
      this.wake();
      return code as number | null;
    });
    this.child.stdout?.on('data', (data: Buffer) => {
      this.stdout += data.toString();
    });
    this.child.stderr?.on('data', (data: Buffer) => {
      this.stderr += data.toString();
      this.wake();
    });
  }

  /** The first match in its output, when it appears; fails if the process ends without it. */
  async told(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stderr);
      if (found) return found[1] ?? found[0];
      if (this.child.exitCode !== null) throw new Error(`It ended without it:\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async remove(): Promise<void> {
    if (this.child.exitCode === null) this.signal('SIGINT');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
