/** How much of a history something is about. */
export interface HistoryCounts {
  conversations: number;
  /** Of all branches. */
  messages: number;
}

/**
 * Conversations of all owners that were not updated since a time, in epoch milliseconds, and in which no
 * generation runs.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class IdleConversations {
  abstract count(before: number): Promise<HistoryCounts>;

  /**
   * Whether it is the caller's turn to remove them, which is only one process's: false if one had its turn
   * in the last `pauseMs` before `now`.
   */
  abstract takeTurn(now: number, pauseMs: number): Promise<boolean>;

  /** Removes some, as `ConversationStore.delete` does; what it removed: nothing, once none is left. */
  protected abstract removeSome(before: number): Promise<HistoryCounts>;

  async removeAll(before: number): Promise<HistoryCounts> {
    const all = { conversations: 0, messages: 0 };
    for (;;) {
      const { conversations, messages } = await this.removeSome(before);
      if (conversations === 0) return all;
      all.conversations += conversations;
      all.messages += messages;
    }
  }
}
