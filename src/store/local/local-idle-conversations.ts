import { IdleConversations, type HistoryCounts } from '../idle-conversations.js';
import type { IndexEntry } from './conversation-index.js';
import type { ConversationRemover } from './conversation-remover.js';
import type { LocalState } from './local-state.js';

/** Those of a store of one process. */
export class LocalIdleConversations extends IdleConversations {
  private turnAt: number | null = null;

  constructor(
    private readonly state: LocalState,
    private readonly remover: ConversationRemover,
  ) {
    super();
  }

  async count(before: number): Promise<HistoryCounts> {
    return countsOf(this.idle(before).map(({ entry }) => entry));
  }

  async takeTurn(now: number, pauseMs: number): Promise<boolean> {
    if (this.turnAt !== null && Math.abs(now - this.turnAt) <= pauseMs) return false;
    this.turnAt = now;
    return true;
  }

  protected async removeSome(before: number): Promise<HistoryCounts> {
    const removed: IndexEntry[] = [];
    for (const { ownerId, entry } of this.idle(before))
      if (await this.removeOne(ownerId, entry.id, before)) removed.push(entry);
    return countsOf(removed);
  }

  private idle(before: number): { ownerId: string; entry: IndexEntry }[] {
    const { index, table } = this.state;
    return [...index.countByOwner().keys()].flatMap((ownerId) =>
      index
        .newestFirst(ownerId)
        .filter(({ id, updatedAt }) => updatedAt < before && !table.activeIn(ownerId, id))
        .map((entry) => ({ ownerId, entry })),
    );
  }

  private removeOne(ownerId: string, id: string, before: number): Promise<boolean> {
    const { index, table } = this.state;
    return this.state.inConversation(ownerId, id, async () => {
      const entry = index.get(ownerId, id);
      if (!entry || entry.updatedAt >= before || table.activeIn(ownerId, id)) return false;
      await this.remover.remove(ownerId, id, entry);
      return true;
    });
  }
}

function countsOf(entries: readonly IndexEntry[]): HistoryCounts {
  const messages = entries.reduce((sum, { messageTotal }) => sum + messageTotal, 0);
  return { conversations: entries.length, messages };
}
