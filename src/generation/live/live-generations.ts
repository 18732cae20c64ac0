import { Inject, Injectable } from '@nestjs/common';
import { settledWithin } from '../../common/settled-within.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { LiveTexts } from '../../store/live-texts.js';
import type { LiveGeneration } from './live-generation.js';

/** Memory for the logs of ended answers; beyond it those that ended first are read from the store. */
const RETAINED_BYTES = 64 * 1024 * 1024;
/** An ended generation beside its log. */
const BYTES_A_GENERATION = 2_048;

interface Ended {
  at: number;
  bytes: number;
}

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
  private readonly ended = new Map<LiveGeneration, Ended>();
  private retainedBytes = 0;
  /** Public ids that somebody waits for, with those to tell. */
  private readonly expected = new Map<string, Set<(live: LiveGeneration) => void>>();

  /** What becomes of a running one whose last reader has left and whose grace is over. */
  onAbandoned = (live: LiveGeneration): void => live.stop('cancelled');

  /** One for all; `onAbandoned` is set later. */
  private readonly abandon = (live: LiveGeneration): void => this.onAbandoned(live);

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly liveTexts: LiveTexts,
  ) {
    liveTexts.onDeleted((ownerId, id) =>
      this.forget(({ record }) => record.ownerId === ownerId && record.conversationId === id),
    );
  }

  /** One that is about to be claimed: whoever finds its row in the store finds it here as well. */
  prepare(live: LiveGeneration): void {
    this.byKey.set(live.record.key, live);
    live.onAbandoned = this.abandon;
  }

  /** One that is claimed: it runs under its public id. */
  add(live: LiveGeneration): void {
    this.byPublicId.set(publicKey(live), live);
    for (const tell of this.expected.get(publicKey(live)) ?? []) tell(live);
    const { log } = live;
    this.active.set(
      live,
      this.liveTexts.register(live.record.messageId, () => ({
        content: log.text(),
        seq: log.tokenCount,
      })),
    );
  }

  /**
   * Keeps an ended one for the retention of its log, while there is memory for it; one that left no
   * trace is dropped at once. One whose end the store does not have yet stays as it is until then.
   */
  retire(live: LiveGeneration): void {
    if (live.unsaved) void live.unsaved.then(() => this.release(live));
    else this.release(live);
  }

  private release(live: LiveGeneration): void {
    this.active.get(live)?.();
    this.active.delete(live);
    if (!live.end?.commit) {
      this.remove(live);
      return;
    }
    live.shed();
    const bytes = live.log.bytes + BYTES_A_GENERATION;
    this.ended.set(live, { at: performance.now(), bytes });
    this.retainedBytes += bytes;
    this.dropWhile(() => this.retainedBytes > RETAINED_BYTES);
  }

  /** Drops logs whose retention has ended. Called by the clock of the worker: no timer for each. */
  expire(): void {
    const before = performance.now() - this.settings.generation.retentionMs;
    this.dropWhile(({ at }) => at <= before);
  }

  /** Keys of the ended ones whose log is held here. */
  get endedKeys(): string[] {
    return Array.from(this.ended.keys(), ({ record }) => record.key);
  }

  /** Drops ended ones, with what they hold of an answer; a reader of one reads it to its end. */
  forget(which: (live: LiveGeneration) => boolean): void {
    for (const [live, ended] of this.ended) if (which(live)) this.drop(live, ended);
  }

  get(key: string): LiveGeneration | null {
    return this.byKey.get(key) ?? null;
  }

  find(ownerId: string, id: string): LiveGeneration | null {
    return this.byPublicId.get(`${ownerId} ${id}`) ?? null;
  }

  /** One that is claimed here within `ms`, or is already; null otherwise. */
  async claimed(ownerId: string, id: string, ms: number): Promise<LiveGeneration | null> {
    const known = this.find(ownerId, id);
    if (known) return known;
    const key = `${ownerId} ${id}`;
    const waiting = this.expected.get(key) ?? new Set();
    this.expected.set(key, waiting);
    let tell: (live: LiveGeneration) => void = () => undefined;
    const claimed = new Promise<LiveGeneration>((resolve) => (tell = resolve));
    waiting.add(tell);
    try {
      return (await settledWithin(claimed, ms)) ?? null;
    } finally {
      waiting.delete(tell);
      if (waiting.size === 0) this.expected.delete(key);
    }
  }

  get running(): LiveGeneration[] {
    return [...this.active.keys()];
  }

  /** Those that ended first, as long as `tooMuch` says so. */
  private dropWhile(tooMuch: (oldest: Ended) => boolean): void {
    for (const [live, ended] of this.ended) {
      if (!tooMuch(ended)) return;
      this.drop(live, ended);
    }
  }

  private drop(live: LiveGeneration, { bytes }: Ended): void {
    this.ended.delete(live);
    this.retainedBytes -= bytes;
    this.remove(live);
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
