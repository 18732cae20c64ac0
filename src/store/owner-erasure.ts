/** A generation of an owner that runs or waits. */
export interface OwnersGeneration {
  key: string;
  workerId: string;
  conversationId: string;
}

/**
 * Erases what is left of an owner whose keys are removed (`KeyStore.removeOf`), whose conversations are
 * deleted (`ConversationStore.delete`) and of whom nothing runs. Whatever a store has of owners is named in one list of its implementation.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class OwnerErasure {
  /** Where bytes stay after `erase` until the database itself removes them, as a sentence; null: nowhere. */
  abstract readonly remains: string | null;

  /** The owner's generations that run, on whatever worker. */
  abstract running(ownerId: string): Promise<OwnersGeneration[]>;

  /**
   * Removes all that names the owner, and overwrites what was removed. Repeatable: after a crash the next
   * call removes the rest.
   *
   * @param taken conversations in which a generation was ended that its worker may still be writing
   */
  abstract erase(ownerId: string, taken: readonly string[]): Promise<void>;
}
