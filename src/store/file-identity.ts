import { statSync, type BigIntStats } from 'node:fs';

/** What a path leads to, seen from what it led to before. */
export type PathState = 'same' | 'gone' | 'replaced';

/** Knows a file or folder again: by its device and its number there, not by its name. */
export class FileIdentity {
  private own: { dev: bigint; ino: bigint } | null = null;

  constructor(private readonly path: string) {}

  /** What is there now is the one; false when nothing is. */
  remember(): boolean {
    const found = this.stat();
    this.own = found ? { dev: found.dev, ino: found.ino } : null;
    return found !== undefined;
  }

  forget(): void {
    this.own = null;
  }

  get isKnown(): boolean {
    return this.own !== null;
  }

  /** A system call of some microseconds; `same` while nothing was remembered. */
  look(): PathState {
    if (!this.own) return 'same';
    const found = this.stat();
    if (!found) return 'gone';
    return found.dev === this.own.dev && found.ino === this.own.ino ? 'same' : 'replaced';
  }

  private stat(): BigIntStats | undefined {
    return statSync(this.path, { bigint: true, throwIfNoEntry: false });
  }
}
