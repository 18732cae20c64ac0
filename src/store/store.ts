import type { CalibrationStore } from './calibration-store.js';
import type { ChangeFeed } from './change-feed.js';
import type { ConversationStore } from './conversation-store.js';
import type { GenerationStore } from './generation-store.js';
import type { HistoryTransfer } from './history-transfer.js';
import type { IdleConversations } from './idle-conversations.js';
import type { ImageStore } from './image-store.js';
import type { OwnerErasure } from './owner-erasure.js';
import type { KeyStore } from './key-store.js';
import type { RequestCounter } from './request-counter.js';
import type { UsageStore } from './usage-store.js';
import type { WorkerCoordination } from './worker-coordination.js';

/** Called at once, inside this process, when `WorkerCoordination.signals` has news for a generation. */
export type SignalListener = (generationKey: string) => void;

/** Open connections to a database by what they do. */
export interface ConnectionCounts {
  idle: number;
  used: number;
}

/**
 * One storage: its ports over the same data, with its life cycle. Each folder here
 * (`memory`, `file`, `typeorm`, …) makes one of these; `create-store.ts` chooses by configuration.
 */
export abstract class Store {
  abstract readonly conversations: ConversationStore;
  abstract readonly generations: GenerationStore;
  abstract readonly coordination: WorkerCoordination;
  abstract readonly calibrations: CalibrationStore;
  abstract readonly images: ImageStore;
  abstract readonly changes: ChangeFeed;
  abstract readonly idle: IdleConversations;
  abstract readonly keys: KeyStore;
  abstract readonly usage: UsageStore;

  /**
   * Opens the storage: creates folders, takes locks, runs migrations, ends the generations of a
   * dead process. Throws `AppError('store_unavailable')` while a server cannot be reached (it may
   * be called again), `StoreStartError` if retries do not help (the process then exits with its
   * message).
   */
  abstract open(): Promise<void>;

  /** Cheap round trip that fails when the storage cannot be used now. */
  abstract ping(): Promise<void>;

  abstract close(): Promise<void>;

  /** Its open connections; none where there is no database. */
  connections(): ConnectionCounts {
    return { idle: 0, used: 0 };
  }

  /**
   * Whether other processes can work on the same data. False (memory, file): the only worker is
   * this one, so polling for signals of others is not needed; `onSignal` reports all.
   */
  abstract readonly shared: boolean;

  /**
   * Counts requests for all processes that share the storage; null if the storage does not support
   * it.
   */
  readonly requestCounter: RequestCounter | null = null;

  /** Null if the storage ends with its process. */
  readonly transfer: HistoryTransfer | null = null;

  /** The same. */
  readonly erasure: OwnerErasure | null = null;

  private readonly listeners: SignalListener[] = [];

  /** Calls a listener for stop requests made through this instance, before the next poll. */
  onSignal(listener: SignalListener): void {
    this.listeners.push(listener);
  }

  /** For the adapters: a stop request was made through this instance. */
  protected readonly signal: SignalListener = (generationKey) => {
    for (const listener of this.listeners) listener(generationKey);
  };
}

/**
 * The start cannot succeed and retries do not help; the message names the setting and the remedy.
 */
export class StoreStartError extends Error {
  override readonly name = 'StoreStartError';
}
