import type { Change } from '../domain/change.js';

/** A recorded change with the cursor of a reader that has it. */
export interface FeedEntry extends Change {
  readonly cursor: string;
}

/** The form of every cursor: the number of a change, and a part of its id. */
export const CURSOR = /^\d{1,15}-[0-9a-f]{8}$/;

/**
 * The changes of all conversations, in one order that is the same for all readers. A change is recorded
 * in the same write as what it tells. It can be read as soon as it has its number; numbers are given
 * only to what is committed, so no change comes to stand before one that was read already.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class ChangeFeed {
  /** The cursor behind all changes that are committed now. */
  abstract end(): Promise<string>;

  /**
   * The first changes behind a cursor, `limit` at most; none at the end. `'lost'` for a cursor that this
   * store did not give or whose later changes are not all there any more: one of another life of the
   * store (memory: of another process), of a store that was restored from an earlier state since, or
   * older than what `sweep` left.
   *
   * @param ownerId only theirs; null: of all owners
   */
  abstract after(
    cursor: string,
    limit: number,
    ownerId: string | null,
  ): Promise<FeedEntry[] | 'lost'>;

  /** Removes changes from before this time. */
  abstract sweep(before: number): Promise<void>;
}
