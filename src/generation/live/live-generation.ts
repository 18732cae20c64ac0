import { AppError } from '../../common/errors/app-error.js';
import { Cancellation, type CancelSignal } from '../../domain/cancellation.js';
import {
  NO_TURN,
  stateAtClaim,
  type GenerationPhase,
  type GenerationEnd,
  type NewGeneration,
} from '../../domain/generation.js';
import { EventLog } from './event-log.js';
import type { Ticket } from './generation-queue.js';
import { ReaderPolicy } from './reader-policy.js';

/** Why a running generation was stopped from outside its model. */
export type StopReason =
  | 'cancelled'
  | 'conversation_deleted'
  | 'drained'
  | 'timeout'
  /** The answer is as long as one may be. */
  | 'length'
  /** Another worker took this one for dead and ended its generations. */
  | 'lost';

/**
 * The reason of every stop. One for all: an error holds its stack, and the stack of a stop that
 * comes from a closing socket would hold that socket in memory for as long as the log is replayed.
 */
const STOPPED = new AppError('internal', 'The generation was stopped');

const NO_SLOTS: string[] = [];
const NOTHING = (): void => undefined;

/** A generation that this process runs: its log, its readers and the way to stop it. */
export class LiveGeneration {
  readonly log = new EventLog();
  readonly readers: ReaderPolicy;
  phase: GenerationPhase;
  startedAt: number | null;
  /** Number of the last token that the store has. */
  storedSeq = 0;
  /** How it ended, once it has. */
  end: GenerationEnd | null = null;
  /** Readers got an error in the place of an end that the store did not take: resolves once it has. */
  unsaved: Promise<void> | null = null;
  /** A cancel was answered with `end`: it ends so, whenever the store takes it. */
  endReported = false;
  /** What broke it, for the log. */
  failure: AppError | null = null;
  private claimed: NewGeneration;
  private stopReason: StopReason | null = null;
  private readonly cancellation = new Cancellation();
  private resolveFinished = NOTHING;

  /** Resolves when the last event stands in the log; by then the end is stored, but for `unsaved`. */
  readonly finished = new Promise<void>((resolve) => (this.resolveFinished = resolve));

  constructor(
    record: NewGeneration,
    readonly ticket: Ticket,
    graceMs: number,
    /** Called when the last reader has left and the grace is over. */
    onAbandoned: (live: LiveGeneration) => void,
  ) {
    this.claimed = record;
    ({ phase: this.phase, startedAt: this.startedAt } = stateAtClaim(record));
    this.readers = new ReaderPolicy(record.onDisconnect, graceMs, () => onAbandoned(this));
  }

  get record(): NewGeneration {
    return this.claimed;
  }

  /** Aborts when the generation is stopped; the model's connection hangs on it. */
  get signal(): CancelSignal {
    return this.cancellation;
  }

  /** Set by the first `stop`. */
  get stopped(): StopReason | null {
    return this.stopReason;
  }

  /** Whether it was stopped or is saving its end: a new message to its conversation need not wait long. */
  get ending(): boolean {
    return this.stopReason !== null || this.phase === 'ended';
  }

  stop(reason: StopReason): void {
    if (this.ending) return;
    this.stopReason = reason;
    this.cancellation.abort(STOPPED);
  }

  /** Frees what only the running one needed: the turn's texts, and the answer's beside the log. */
  compact(): void {
    this.log.pack();
    this.claimed = { ...this.claimed, turn: NO_TURN, slots: NO_SLOTS };
    if (this.end) this.end = { ...this.end, response: '' };
  }

  /** Called once by the runner, after the end is recorded. */
  markFinished(): void {
    this.readers.close();
    this.resolveFinished();
    this.resolveFinished = NOTHING;
  }
}
