import type { WorkerState } from '../../store/worker-coordination.js';
import { livenessOfWorker } from './worker-id.js';

/** A worker whose counter stands still for this time is dead, if nothing else is known of it. */
const SILENT_MS = 15_000;
/**
 * The same for one whose session in the database has ended as well: a process that stands still keeps
 * its session, and one that lost it makes another.
 */
const SILENT_WITHOUT_SESSION_MS = 3_000;
/**
 * The same for one whose process is seen alive on this host: its database may be away for it alone, and
 * a connection that is dead is only noticed after a while.
 */
const SILENT_ALIVE_MS = 30_000;
/** So often this worker's own counter must have risen meanwhile: where it cannot, nor can others. */
const OWN_BEATS = 4;
/** The generations of a worker without a counter are being ended; after this time another worker helps. */
const ENDING_MS = 1_000;

interface Seen {
  beat: number;
  /** Since when its counter stands still, and this worker's own counter then. */
  since: number;
  ownBeat: number;
  /** Whether it has been seen to beat since the last outage, or there was none. */
  isBack: boolean;
}

/** A dead worker with its counter, by which the store sees whether it is still the same. */
export interface DeadWorker {
  workerId: string;
  beat: number;
}

/**
 * Who of the workers of a store is dead, as one of them sees it that looks again and again. Times are of
 * its own monotonic clock, and are compared with no other.
 *
 * While the store is away, or this process stands still, this worker's own counter does not rise, and
 * nobody is declared dead. After such an outage all others have their time anew. A process that this
 * host no longer has is dead at once.
 */
export class WorkerWatch {
  private readonly seen = new Map<string, Seen>();
  private readonly own: { beat: number; since: number };
  private afterOutage = false;

  /**
   * @param now in milliseconds, as for `look`
   * @param outageMs a longer pause between two heartbeats of this worker is an outage
   */
  constructor(
    private readonly workerId: string,
    now: number,
    private readonly outageMs: number,
    private readonly livenessOf = livenessOfWorker,
  ) {
    this.own = { beat: 0, since: now };
  }

  /** Who is dead, by what the store has now. */
  look(workers: ReadonlyMap<string, WorkerState>, now: number): DeadWorker[] {
    this.lookAtOwn(workers.get(this.workerId)?.beat ?? 0, now);
    for (const workerId of this.seen.keys()) if (!workers.has(workerId)) this.seen.delete(workerId);
    const dead: DeadWorker[] = [];
    for (const [workerId, state] of workers) {
      if (workerId === this.workerId) continue;
      const seen = this.updated(workerId, state, now);
      if (this.isDead(workerId, state, seen, now)) dead.push({ workerId, beat: state.beat });
    }
    return dead;
  }

  private lookAtOwn(beat: number, now: number): void {
    const { own } = this;
    if (own.beat === beat) return;
    const isOutage = now - own.since > this.outageMs;
    // If every heartbeat takes so long, then that is how it is here: the time counts.
    if (isOutage && !this.afterOutage) this.beginAnew(now);
    this.afterOutage = isOutage;
    own.beat = beat;
    own.since = now;
  }

  private beginAnew(now: number): void {
    for (const seen of this.seen.values()) {
      seen.since = now;
      seen.isBack = false;
    }
  }

  private updated(workerId: string, { beat }: WorkerState, now: number): Seen {
    const before = this.seen.get(workerId);
    if (before?.beat === beat) return before;
    const isBack = before !== undefined || !this.afterOutage;
    const seen = { beat, since: now, ownBeat: this.own.beat, isBack };
    this.seen.set(workerId, seen);
    return seen;
  }

  private isDead(
    workerId: string,
    { beat, session }: WorkerState,
    seen: Seen,
    now: number,
  ): boolean {
    const silentMs = now - seen.since;
    const liveness = this.livenessOf(workerId);
    if (liveness === 'dead') return beat > 0 || silentMs >= ENDING_MS;
    if (this.own.beat - seen.ownBeat < OWN_BEATS) return false;
    if (liveness === 'alive') return silentMs >= SILENT_ALIVE_MS;
    const isWithoutSession = session === 'closed' && seen.isBack;
    return silentMs >= (isWithoutSession ? SILENT_WITHOUT_SESSION_MS : SILENT_MS);
  }
}
