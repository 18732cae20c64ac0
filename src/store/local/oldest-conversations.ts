import type { ConversationRemover } from './conversation-remover.js';
import type { LocalState } from './local-state.js';

/** Removes the conversations of owners who have more than they may have. */
export class OldestConversations {
  constructor(
    private readonly state: LocalState,
    private readonly remover: ConversationRemover,
  ) {}

  /** Unpinned ones first; null if none may go. */
  async remove(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    for (const pinned of [false, true]) {
      const removed = await this.removeOneOf(pinned, ownerId, max, exceptId);
      if (removed !== null) return removed;
    }
    return null;
  }

  private async removeOneOf(pinned: boolean, ownerId: string, max: number, exceptId: string) {
    const { index } = this.state;
    if (index.count(ownerId) <= max) return null;
    const entries = index.newestFirst(ownerId, pinned);
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
