import type { EndExtent, GenerationRecord, GenerationSignal } from '../domain/generation.js';
import type { LogCursor, LogUpdate } from '../domain/log-update.js';

/** What the store knows of a worker. */
export interface WorkerState {
  /** Its counter; 0 if it has none. */
  readonly beat: number;
  /**
   * Whether the database has a session of the worker, which ends with its process; unknown where sessions
   * do not tell: behind a pooler, in other databases than PostgreSQL, of an earlier release.
   */
  readonly session: 'open' | 'closed' | 'unknown';
}

/**
 * Coordination of workers that share a store: heartbeats, readers and stop requests for generations
 * of other workers, and the end of a dead worker's generations. Clocks are not compared. A store of
 * one process needs it too: its worker may lose a generation, or be asked to stop one.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class WorkerCoordination {
  /** Pause between two heartbeats in milliseconds: one that does not disturb an idle storage. */
  abstract readonly heartbeatMs: number;

  /** Increases this worker's counter; creates its row if necessary. */
  abstract heartbeat(workerId: string): Promise<void>;

  /** All workers that have a row or own a running generation. */
  abstract workers(): Promise<Map<string, WorkerState>>;

  /**
   * Removes a dead worker's row and what it watched, unless its counter changed from `lastBeat` (0:
   * it has no row). Returns the keys of its running generations, for `endLost`; none if the counter
   * changed.
   */
  abstract forgetWorker(workerId: string, lastBeat: number): Promise<string[]>;

  /** Keys of the generations that run under this worker according to the store. */
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

  /**
   * Asks the worker that runs it to stop. The record as it is then, or null. Ended ones are not
   * changed.
   */
  abstract requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null>;

  /**
   * Asks the worker that runs it to stop it unless somebody reads it, here or elsewhere. Its key, or null when
   * none runs. The request stands until the generation has ended, or its worker has refused it.
   */
  abstract requestUnreadStop(ownerId: string, id: string): Promise<string | null>;

  /** Whether such a request stands. */
  abstract hasUnreadStop(key: string): Promise<boolean>;

  /** Somebody reads the generation: it goes on. Repeatable. */
  abstract refuseUnreadStop(key: string): Promise<void>;

  /** Stop requests and numbers of watching workers of this worker's running generations with either. */
  abstract signals(workerId: string): Promise<GenerationSignal[]>;

  /**
   * The places of these generations in the queues of their workers, 1 is next; without those that do
   * not wait.
   */
  abstract queuePositions(keys: readonly string[]): Promise<Map<string, number>>;

  /**
   * Whether any generation runs or waits, on any worker, or has ended after `time` by the clock of its
   * worker. That is a hint, for work that yields to generations.
   */
  abstract isBusySince(time: number): Promise<boolean>;

  /** Says whether this worker has readers of a generation that another one runs. Repeatable. */
  abstract watch(key: string, workerId: string, reading: boolean): Promise<void>;

  /** New events of generations that other workers run; removed generations are omitted. */
  abstract follow(cursors: LogCursor[]): Promise<LogUpdate[]>;
}
