import type {
  EndExtent,
  GenerationRecord,
  GenerationSignal,
  LogCursor,
  LogUpdate,
} from '../domain/generation.js';

/**
 * How workers that share a store find each other out: which of them are alive, who reads or stops a
 * generation that another one runs, and what happens to the generations of one that died. No clock is
 * shared. A store of one process needs it too: its worker may lose a generation, or be asked to stop one.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class WorkerCoordination {
  /** Raises this worker's counter, creating its row. */
  abstract heartbeat(workerId: string): Promise<void>;

  /** Counters of all workers that have a row or own a running generation (0 without a row). */
  abstract workers(): Promise<Map<string, number>>;

  /**
   * Removes a dead worker's row and what it watched, unless its counter moved from `lastBeat` (0: it
   * has no row). The keys of the generations that it left running, for `endLost`; none if it moved.
   */
  abstract forgetWorker(workerId: string, lastBeat: number): Promise<string[]>;

  /** Keys of the generations that the store has as running under this worker. */
  abstract runningUnder(workerId: string): Promise<string[]>;

  /**
   * Ends a generation that its worker no longer runs as `failed`, with the text of its stored log; its
   * turn is committed. False when it does not run under this worker. The extent is that of
   * `GenerationStore.finish`.
   */
  abstract endLost(
    key: string,
    workerId: string,
    now: number,
    extent?: EndExtent,
  ): Promise<boolean>;

  /** Asks the worker that runs it to stop. The record as it is then, or null. Ended ones are left as they are. */
  abstract requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null>;

  /** Stop requests and numbers of watching workers of this worker's running generations with either. */
  abstract signals(workerId: string): Promise<GenerationSignal[]>;

  /** Says whether this worker has readers of a generation that another one runs. Repeatable. */
  abstract watch(key: string, workerId: string, reading: boolean): Promise<void>;

  /** What has come in generations that other workers run; those that are gone are left out. */
  abstract follow(cursors: LogCursor[]): Promise<LogUpdate[]>;
}
