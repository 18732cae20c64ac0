import { AppError } from '../../common/errors/app-error.js';
import type { GenerationPhase, GenerationRecord } from '../../domain/generation.js';
import type { LogUpdate } from '../../domain/log-update.js';
import { kindOf } from '../../domain/parts.js';
import { EventLog } from '../live/event-log.js';
import { generationError, terminalEventOf } from '../events.js';
import { ChangeListeners, type Phases, type PhaseState } from '../phases.js';

/** The log of a generation that another worker runs, as far as the store has it. */
export class RemoteLog {
  readonly log = new EventLog();
  readers = 0;
  /** When the last reader disconnected, or when it was created; on this process's clock. */
  idleSince = performance.now();
  private endRecord: GenerationRecord | null = null;
  private phase: GenerationPhase;
  /** Its place in the queue of its worker; null unless it is known. */
  private position: number | null = null;
  private readonly phaseChanges = new ChangeListeners();
  readonly phases: Phases = {
    current: () => this.phaseState(),
    onChange: (listener) => this.phaseChanges.add(listener),
  };

  constructor(readonly record: GenerationRecord) {
    this.phase = record.phase;
  }

  /** Whether a reader wants to know its place in the queue. */
  get waits(): boolean {
    return this.phase === 'queued' && this.phaseChanges.any;
  }

  /** It waits at this place of its worker's queue. */
  waitsAt(position: number): void {
    this.enter('queued', position);
  }

  /** How it ended; null while it runs. */
  get ended(): GenerationRecord | null {
    return this.endRecord;
  }

  /** Its claim was released: it is no longer in the store. */
  closeAsAbandoned(): void {
    const error = new AppError('generation_not_found', 'The generation was not started');
    this.log.close({ type: 'error', error: generationError(error), committed: false });
  }

  apply(update: LogUpdate): void {
    if (this.log.tokenCount === 0 && update.phase !== 'queued') this.enter(update.phase);
    for (const piece of update.tokens) {
      this.enter(kindOf(piece) === 'thinking' ? 'thinking' : 'generating');
      this.log.append(piece);
    }
    const terminal = update.ended && terminalEventOf(update.ended);
    this.endRecord = update.ended;
    if (terminal) this.log.close(terminal);
    else if (update.tokens.length > 0) this.log.wake();
  }

  private phaseState(): PhaseState | null {
    const { phase, position } = this;
    // The place in the queue is asked for; until it is known there is nothing to say.
    if (phase === 'ended' || (phase === 'queued' && position === null)) return null;
    return { phase, position };
  }

  private enter(phase: GenerationPhase, position: number | null = null): void {
    if (phase === this.phase && position === this.position) return;
    this.phase = phase;
    this.position = position;
    this.phaseChanges.notify();
  }
}
