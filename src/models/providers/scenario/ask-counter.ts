import { createHash } from 'node:crypto';

/** How often each text was asked of this process. */
export class AskCounter {
  /** By digests: a text may be long, and a process of tests is asked many. */
  private readonly counts = new Map<string, number>();

  /** Counts the text once more. */
  next(text: string): number {
    const digest = createHash('sha256').update(text).digest('base64');
    const count = (this.counts.get(digest) ?? 0) + 1;
    this.counts.set(digest, count);
    return count;
  }
}
