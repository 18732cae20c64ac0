import type { TakenTokens, UsageItem, UsageSubject, UtcDay } from '../domain/token-usage.js';

/** Days, both included. */
export interface DayRange {
  readonly from: UtcDay;
  readonly to: UtcDay;
}

/**
 * What answers took, by the day of their ends. It is counted by `GenerationStore.finish` and
 * `WorkerCoordination.endLost` in the step that makes an end readable: each answer once.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class UsageStore {
  /** Of one owner, or of all (null), one item a day, model and key (and owner), in this order. */
  abstract read(ownerId: string | null, days: DayRange): Promise<UsageItem[]>;

  /** What counts against the quotas of a key on this day, and in its month up to then. */
  abstract taken(subject: UsageSubject, day: UtcDay): Promise<TakenTokens>;

  /** Removes what is of earlier days. */
  abstract removeBefore(day: UtcDay): Promise<void>;

  /** Removes all of an owner; what runs for them by then is counted at its end. */
  abstract eraseOwner(ownerId: string): Promise<void>;

  /** All there is, in the order of `read`. */
  abstract all(): Promise<UsageItem[]>;

  /** Puts these in place of all there is; no process serves the store. A crash within it may leave a part. */
  abstract replaceAll(items: readonly UsageItem[]): Promise<void>;
}
