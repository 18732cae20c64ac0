import { statSync, type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What a path leads to, seen from what it led to before. */
export type PathState = 'same' | 'gone' | 'replaced';

/** Knows a file or folder again: by its device and its number there, not by its name. */
export class FileIdentity {
  private own: { dev: bigint; ino: bigint } | null = null;

  constructor(private readonly path: string) {}

  get isKnown(): boolean {
    return this.own !== null;
  }

  /** What is there now is the one, if anything is. */
  remember(): void {
    const found = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    this.own = found ? { dev: found.dev, ino: found.ino } : null;
  }

  forget(): void {
    this.own = null;
  }

  /** A system call of some microseconds on a local disk; `same` while nothing was remembered. */
  look(): PathState {
    return this.own
      ? this.compare(statSync(this.path, { bigint: true, throwIfNoEntry: false }))
      : 'same';
  }

  /** The same for a disk that may take its time. */
  async lookPatiently(): Promise<PathState> {
    return this.own
      ? this.compare(await stat(this.path, { bigint: true }).catch(() => undefined))
      : 'same';
  }

  private compare(found: BigIntStats | undefined): PathState {
    if (!found) return 'gone';
    return found.dev === this.own?.dev && found.ino === this.own.ino ? 'same' : 'replaced';
  }
}
