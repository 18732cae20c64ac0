import { AppError } from '../../common/errors/app-error.js';
import type { GenerationRecord, LogUpdate } from '../../domain/generation.js';
import { EventLog } from '../live/event-log.js';
import { generationError, terminalEventOf } from '../events.js';

/** The log of a generation that another worker runs, as far as the store has it. */
export class RemoteLog {
  readonly log = new EventLog();
  readers = 0;
  /** When the last reader disconnected, or when it was created; on this process's clock. */
  idleSince = performance.now();
  private endRecord: GenerationRecord | null = null;

  constructor(readonly record: GenerationRecord) {}

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
    for (const piece of update.tokens) this.log.append(piece);
    const terminal = update.ended && terminalEventOf(update.ended);
    this.endRecord = update.ended;
    if (terminal) this.log.close(terminal);
    else if (update.tokens.length > 0) this.log.wake();
  }
}
