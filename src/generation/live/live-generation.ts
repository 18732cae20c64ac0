import { AppError } from '../../common/errors/app-error.js';
import { Cancellation, type CancelSignal } from '../../domain/cancellation.js';
import {
  NO_TURN,
  stateAtClaim,
  type GenerationPhase,
  type GenerationEnd,
  type NewGeneration,
} from '../../domain/generation.js';
import { ChangeListeners, type Phases, type PhaseState } from '../phases.js';
import { EventLog } from './event-log.js';
import type { Ticket } from './generation-queue.js';
import type { Wire } from '../../domain/wire.js';
import { ReaderPolicy } from './reader-policy.js';

/** Why a running generation was stopped. */
export type StopReason =
  | 'cancelled'
  | 'conversation_deleted'
  | 'drained'
  | 'timeout'
  /** The answer has reached its maximum length. */
  | 'length'
  /** Another worker declared this one dead and ended its generations. */
  | 'lost';

/**
 * The reason of every stop, one shared object: an error holds its stack, and the stack of a stop by
 * a closing socket would hold that socket in memory as long as the log.
 */
const STOPPED = new AppError('internal', 'The generation was stopped');

const NO_SLOTS: string[] = [];
const NOTHING = (): void => undefined;
const DIRECTLY = <T>(work: () => T): T => work();
const NOTHING_BESIDE = (): Promise<void> => Promise.resolve();

/** Where a turn came from, and the model that it goes to. */
export interface GenerationOrigin {
  readonly wire: Wire;
  /** The name of the model server. */
  readonly provider: string;
  /** The model's name, in the form in which its server compares names. */
  readonly model: string;
}

/** A generation that this process runs: its log, its readers and its cancellation. */
export class LiveGeneration {
  readonly log = new EventLog();
  readonly readers: ReaderPolicy;
  startedAt: number | null;
  /** When the model began to think, on this process's clock; null while it does not. */
  private thinkingSince: number | null = null;
  private thoughtMs: number | null = null;
  /** Number of the last token that the store has. */
  storedSeq = 0;
  /** How it ended, once it has. */
  end: GenerationEnd | null = null;
  /**
   * Set if readers got an error because the end could not be stored in time; resolves when it is
   * stored.
   */
  unsaved: Promise<void> | null = null;
  /** Whether its end is stored, and its texts are only there. */
  isCompact = false;
  /** A cancel was answered with `end`, which must be stored unchanged. */
  endReported = false;
  /** The message that its turn follows, once that was read under the claim. */
  parentId: string | null = null;
  /** The estimate of what was sent to the model, by its first event. */
  promptTokens: number | null = null;
  /** Whether no answer on its branch was whole before it, as was read under the claim. */
  isFirstAnswer = false;
  /** Who asked and who answers, for metrics; null: nobody says. */
  origin: GenerationOrigin | null = null;
  /** When the model was asked, on this process's clock in milliseconds; null: it was not. */
  askedAt: number | null = null;
  /** When the first part of the answer came, on the same clock. */
  firstPieceAt: number | null = null;
  /** When the model had ended, or failed. */
  endedAt: number | null = null;
  /** Runs work as a part of its trace, if there is one. */
  inContext: <T>(work: () => T) => T = DIRECTLY;
  /** The cause of its failure, for the log. */
  failure: AppError | null = null;
  /** Takes back what was stored beside the turn, once its end is stored and keeps nothing of it. */
  onNothingKept: () => Promise<void> = NOTHING_BESIDE;
  /** Called once its turn has made a conversation. */
  onConversationMade: () => void = NOTHING;
  private claimed: NewGeneration;
  private currentPhase: GenerationPhase;
  private readonly phaseChanges = new ChangeListeners();
  private stopReason: StopReason | null = null;
  private hasFailed = false;
  private readonly cancellation = new Cancellation();
  private resolveFinished = NOTHING;

  /**
   * Resolves when the last event is in the log; by then the end is stored, unless `unsaved` is set.
   */
  readonly finished = new Promise<void>((resolve) => (this.resolveFinished = resolve));

  constructor(
    record: NewGeneration,
    readonly ticket: Ticket,
    graceMs: number,
    /** Called when the last reader has disconnected and the grace period has ended. */
    onAbandoned: (live: LiveGeneration) => unknown,
  ) {
    this.claimed = record;
    ({ phase: this.currentPhase, startedAt: this.startedAt } = stateAtClaim(record));
    this.readers = new ReaderPolicy(record.onDisconnect, graceMs, () => onAbandoned(this));
  }

  get phase(): GenerationPhase {
    return this.currentPhase;
  }

  set phase(phase: GenerationPhase) {
    if (phase === this.currentPhase) return;
    this.currentPhase = phase;
    this.phaseChanges.notify();
  }

  /** What it does, for readers that want to see it. */
  get phases(): Phases {
    return {
      current: () => this.phaseState(),
      onChange: (listener) => this.onPhaseChange(listener),
    };
  }

  get record(): NewGeneration {
    return this.claimed;
  }

  /** Aborts when the generation is stopped, and closes the model's connection. */
  get signal(): CancelSignal {
    return this.cancellation;
  }

  /** Set by the first `stop`. */
  get stopped(): StopReason | null {
    return this.stopReason;
  }

  /**
   * Whether it was stopped, has failed, or its end is being stored: a new message to its conversation will wait
   * only shortly.
   */
  get ending(): boolean {
    return this.stopReason !== null || this.hasFailed || this.phase === 'ended';
  }

  /**
   * The model failed. Before the first event nothing of the turn is kept, and a stop, which would keep
   * it, comes too late.
   */
  fail(): void {
    const isKept = this.stopReason === 'cancelled' || this.stopReason === 'conversation_deleted';
    this.hasFailed ||= this.log.tokenCount === 0 && !isKept;
  }

  /** The model sends thinking now, or else text or a tool call. */
  enter(phase: 'thinking' | 'generating'): void {
    if (phase === this.phase) return;
    this.firstPieceAt ??= performance.now();
    this.thoughtMs = this.thinkingMs();
    this.thinkingSince = phase === 'thinking' ? performance.now() : null;
    this.phase = phase;
  }

  /** How long the model has thought, in milliseconds; null where it did not. */
  thinkingMs(): number | null {
    if (this.thinkingSince === null) return this.thoughtMs;
    return (this.thoughtMs ?? 0) + Math.round(performance.now() - this.thinkingSince);
  }

  stop(reason: StopReason): void {
    if (this.ending) return;
    this.stopReason = reason;
    this.cancellation.abort(STOPPED);
  }

  /** Is cancelled when the signal aborts: the key that it was started with was revoked. */
  stopWith(signal: CancelSignal | null): void {
    if (!signal) return;
    const stop = (): void => this.stop('cancelled');
    signal.addEventListener('abort', stop);
    void this.finished.then(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  }

  /**
   * Releases the memory that only a running generation needs: the texts of the turn and of the
   * answer, and its images.
   */
  compact(): void {
    this.isCompact = true;
    this.log.pack();
    this.onNothingKept = NOTHING_BESIDE;
    this.onConversationMade = NOTHING;
    this.inContext = DIRECTLY;
    this.claimed = { ...this.claimed, turn: NO_TURN, slots: NO_SLOTS };
    if (this.end) this.end = { ...this.end, response: '', parts: null };
  }

  private phaseState(): PhaseState | null {
    const { phase } = this;
    if (phase === 'ended') return null;
    const position = this.ticket.position();
    // Its turn has come: it begins in a moment.
    return { phase: phase === 'queued' && position === null ? 'prompt' : phase, position };
  }

  private onPhaseChange(listener: () => void): () => void {
    const stops = [this.phaseChanges.add(listener), this.ticket.onMove(listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Called once by the runner, after the end is recorded. */
  markFinished(): void {
    this.readers.close();
    this.resolveFinished();
    this.resolveFinished = NOTHING;
  }
}
