import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { LiveTexts } from '../../store/live-texts.js';
import type { LiveGeneration } from './live-generation.js';

/**
 * The generations of this process: the running ones, and the ended ones whose log is still replayed
 * from memory.
 */
@Injectable()
export class LiveGenerations {
  private readonly byKey = new Map<string, LiveGeneration>();
  private readonly byPublicId = new Map<string, LiveGeneration>();
  /** The running ones, each with the way to take its text back from the history's view. */
  private readonly active = new Map<LiveGeneration, () => void>();
  /** Ended ones in the order of their end, which is the order in which they expire. */
  private readonly ended = new Map<LiveGeneration, number>();

  /** What becomes of a running one whose last reader has left and whose grace is over. */
  onAbandoned = (live: LiveGeneration): void => live.stop('cancelled');

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly liveTexts: LiveTexts,
  ) {}

  /** One that is about to be claimed: whoever finds its row in the store finds it here as well. */
  prepare(live: LiveGeneration): void {
    this.byKey.set(live.record.key, live);
    live.onAbandoned = () => this.onAbandoned(live);
  }

  /** One that is claimed: it runs under its public id. */
  add(live: LiveGeneration): void {
    this.byPublicId.set(publicKey(live), live);
    const { log } = live;
    this.active.set(
      live,
      this.liveTexts.register(live.record.messageId, () => ({
        content: log.text(),
        seq: log.tokenCount,
      })),
    );
  }

  /** Keeps an ended one for the retention of its log; one that left no trace is dropped at once. */
  retire(live: LiveGeneration): void {
    this.active.get(live)?.();
    this.active.delete(live);
    if (live.end?.keep) this.ended.set(live, performance.now());
    else this.remove(live);
  }

  /** Drops logs whose retention has ended. Called by the clock of the worker: no timer for each. */
  expire(): void {
    const before = performance.now() - this.settings.generation.retentionMs;
    for (const [live, endedAt] of this.ended) {
      if (endedAt > before) return;
      this.ended.delete(live);
      this.remove(live);
    }
  }

  get(key: string): LiveGeneration | null {
    return this.byKey.get(key) ?? null;
  }

  find(ownerId: string, id: string): LiveGeneration | null {
    return this.byPublicId.get(`${ownerId} ${id}`) ?? null;
  }

  get running(): LiveGeneration[] {
    return [...this.active.keys()];
  }

  private remove(live: LiveGeneration): void {
    this.byKey.delete(live.record.key);
    if (this.byPublicId.get(publicKey(live)) === live) this.byPublicId.delete(publicKey(live));
  }
}

/** Owner names hold no space, so the pair cannot be read in two ways. */
function publicKey(live: LiveGeneration): string {
  return `${live.record.ownerId} ${live.record.id}`;
}
