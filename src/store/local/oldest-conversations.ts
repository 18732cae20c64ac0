import type { IndexEntry } from './conversation-index.js';
import type { ConversationRemover } from './conversation-remover.js';
import type { LocalState } from './local-state.js';

/** Removes the conversations of owners who have more than they may have. */
export class OldestConversations {
  constructor(
    private readonly state: LocalState,
    private readonly remover: ConversationRemover,
  ) {}

  /** Disposable ones first, the pinned ones last; null if none may go. */
  async remove(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    const { index } = this.state;
    if (index.count(ownerId) <= max) return null;
    const ofPinned = (pinned: boolean) => index.newestFirst(ownerId, pinned);
    for (const entries of [
      () => ofPinned(false).filter(({ disposable }) => disposable),
      () => ofPinned(false),
      () => ofPinned(true),
    ]) {
      const removed = await this.removeOneOf(entries(), ownerId, max, exceptId);
      if (removed !== null) return removed;
    }
    return null;
  }

  private async removeOneOf(
    entries: readonly IndexEntry[],
    ownerId: string,
    max: number,
    exceptId: string,
  ): Promise<string | null> {
    const { index } = this.state;
    for (let last = entries.length - 1; index.count(ownerId) > max && last >= 0; last -= 1) {
      const id = entries[last]?.id;
      if (id === undefined || id === exceptId) continue;
      if (await this.removeUnlessActive(ownerId, id, max)) return id;
    }
    return null;
  }

  private removeUnlessActive(ownerId: string, id: string, max: number): Promise<boolean> {
    const { index, table } = this.state;
    return this.state.inConversation(ownerId, id, async () => {
      const entry = index.get(ownerId, id);
      if (!entry || table.activeIn(ownerId, id) || index.count(ownerId) <= max) return false;
      await this.remover.remove(ownerId, id, entry);
      return true;
    });
  }
}
