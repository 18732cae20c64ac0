import type { ConversationRemover } from './conversation-remover.js';
import type { LocalState } from './local-state.js';

/** What goes first, and what goes only after it. */
const RANKS = [{ pinned: false, disposable: true }, { pinned: false }, { pinned: true }] as const;

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
    for (const rank of RANKS) {
      const entries = index.newestFirst(ownerId, rank);
      for (let last = entries.length - 1; index.count(ownerId) > max && last >= 0; last -= 1) {
        const entry = entries[last];
        if (!entry || entry.id === exceptId) continue;
        if (await this.removeUnlessActive(ownerId, entry.id, max)) return entry.id;
      }
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
