import { Inject, Injectable } from '@nestjs/common';
import { settledWithin } from '../../common/settled-within.js';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../../config/namespaces.js';
import type { AppError } from '../../common/errors/app-error.js';
import type { NewGeneration, UnclaimedGeneration } from '../../domain/generation.js';
import { LiveTexts } from '../../store/live-texts.js';
import { generationError } from '../events.js';
import { GenerationActivity } from '../generation-activity.js';
import { Signals } from '../workers/signals.js';
import { Worker } from '../workers/worker.js';
import type { Ticket } from './generation-queue.js';
import { LiveGeneration } from './live-generation.js';

/**
 * Memory limit for the logs of ended answers; above it the oldest are evicted and read from the
 * store.
 */
const RETAINED_BYTES = 16 * 1024 * 1024;
/** An ended generation without its log: measured, of ten thousand. */
const BYTES_A_GENERATION = 3_072;

interface Ended {
  at: number;
  bytes: number;
}

/**
 * The generations of this process: the running ones, and the ended ones whose log can be replayed
 * from memory.
 */
@Injectable()
export class LiveGenerations {
  private readonly byKey = new Map<string, LiveGeneration>();
  private readonly byPublicId = new Map<string, LiveGeneration>();
  /** The running ones, each with the function that removes its live text. */
  private readonly active = new Map<LiveGeneration, () => void>();
  /** Ended ones in the order of their end, which is the order in which they expire. */
  private readonly ended = new Map<LiveGeneration, Ended>();
  private retainedBytes = 0;
  /** Public ids that a cancel waits for, with its listeners. */
  private readonly expected = new Map<string, Set<(live: LiveGeneration) => void>>();

  private readonly abandoned = (live: LiveGeneration): Promise<void> =>
    this.signals.abandoned(live);

  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
    private readonly liveTexts: LiveTexts,
    private readonly signals: Signals,
    private readonly worker: Worker,
    private readonly activity: GenerationActivity,
  ) {
    liveTexts.onDeleted((ownerId, id) =>
      this.evict(({ record }) => record.ownerId === ownerId && record.conversationId === id),
    );
  }

  /** Creates one before its claim, so that it can be found here as soon as its row is stored. */
  prepare(generation: UnclaimedGeneration, slots: string[], ticket: Ticket): LiveGeneration {
    const { disconnectGraceMs } = this.settings;
    // The spread comes last (docs/adr/0014-hidden-classes.md).
    const record: NewGeneration = {
      workerId: this.worker.id,
      startedAt: ticket.running ? generation.createdAt : null,
      slots,
      ...generation,
    };
    const live = new LiveGeneration(record, ticket, disconnectGraceMs, this.abandoned);
    this.byKey.set(record.key, live);
    this.signals.add(live);
    return live;
  }

  /** It is claimed: it can be found and stopped by its public id from now on. */
  activate(live: LiveGeneration): void {
    this.activity.begin();
    this.byPublicId.set(publicKey(live), live);
    for (const listener of this.expected.get(publicKey(live)) ?? []) listener(live);
    const { log } = live;
    this.active.set(
      live,
      this.liveTexts.register(live.record.messageId, () => {
        const { response: content, parts } = log.written(live.thinkingMs());
        return { content, parts, seq: log.tokenCount };
      }),
    );
  }

  /** Its claim failed: readers that have joined it get the error. */
  discard(live: LiveGeneration, why: AppError): void {
    live.phase = 'ended';
    live.ticket.release();
    live.log.close({ type: 'error', error: generationError(why), committed: false });
    live.markFinished();
    this.retain(live);
  }

  /**
   * Retains an ended one for the retention of its log, within the memory limit; one that committed
   * nothing is removed at once. One whose end is not stored yet stays until it is.
   */
  retain(live: LiveGeneration): void {
    if (live.unsaved) void live.unsaved.then(() => this.retainSaved(live));
    else this.retainSaved(live);
  }

  private retainSaved(live: LiveGeneration): void {
    this.signals.remove(live);
    this.active.get(live)?.();
    if (this.active.delete(live)) this.activity.end();
    if (!live.end?.commit) {
      this.unregister(live);
      return;
    }
    live.compact();
    const bytes = live.log.bytes + BYTES_A_GENERATION;
    this.ended.set(live, { at: performance.now(), bytes });
    this.retainedBytes += bytes;
    this.evictWhile(() => this.retainedBytes > RETAINED_BYTES);
  }

  /** Evicts logs whose retention has ended. Called every few seconds: no timer for each. */
  expire(): void {
    const before = performance.now() - this.settings.retentionMs;
    this.evictWhile(({ at }) => at <= before);
  }

  /** Keys of the ended ones whose log is in memory. */
  get endedKeys(): string[] {
    return Array.from(this.ended.keys(), ({ record }) => record.key);
  }

  /** Evicts ended ones; a reader of one reads it to its end. */
  evict(which: (live: LiveGeneration) => boolean): void {
    for (const [live, ended] of this.ended) if (which(live)) this.remove(live, ended);
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
    let listener: (live: LiveGeneration) => void = () => undefined;
    const claimed = new Promise<LiveGeneration>((resolve) => (listener = resolve));
    waiting.add(listener);
    try {
      return (await settledWithin(claimed, ms)) ?? null;
    } finally {
      waiting.delete(listener);
      if (waiting.size === 0) this.expected.delete(key);
    }
  }

  get running(): LiveGeneration[] {
    return [...this.active.keys()];
  }

  /** Evicts the oldest while `tooMuch` returns true. */
  private evictWhile(tooMuch: (oldest: Ended) => boolean): void {
    for (const [live, ended] of this.ended) {
      if (!tooMuch(ended)) return;
      this.remove(live, ended);
    }
  }

  private remove(live: LiveGeneration, { bytes }: Ended): void {
    this.ended.delete(live);
    this.retainedBytes -= bytes;
    this.unregister(live);
  }

  private unregister(live: LiveGeneration): void {
    this.byKey.delete(live.record.key);
    if (this.byPublicId.get(publicKey(live)) === live) this.byPublicId.delete(publicKey(live));
  }
}

/** Owner names hold no space, so the pair is unambiguous. */
function publicKey(live: LiveGeneration): string {
  return `${live.record.ownerId} ${live.record.id}`;
}
