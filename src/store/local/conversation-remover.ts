import type { IndexEntry } from './conversation-index.js';
import type { GenerationEraser } from './generation-eraser.js';
import { isRunning } from './generation-row.js';
import type { LocalImageStore } from './local-image-store.js';
import type { LocalState } from './local-state.js';
import { recordOf } from './stored-conversation.js';

/** Deletes conversations with what belongs to them. Call it inside the conversation's mutex. */
export class ConversationRemover {
  constructor(
    private readonly state: LocalState,
    private readonly images: LocalImageStore,
    private readonly eraser: GenerationEraser,
  ) {}

  /** @param entry null for a conversation that is only staged */
  async remove(ownerId: string, id: string, entry: IndexEntry | null): Promise<void> {
    // First: after a crash in between the conversation is still there, and the note says nothing.
    if (this.chatId(ownerId, id, entry) !== null)
      await this.state.persistence.saveDeletedChat(ownerId, id, Date.now());
    if (entry) await this.removeStored(ownerId, entry);
    await this.stopOrErase(ownerId, id);
    await this.images.removeOf(ownerId, id);
  }

  /** Without its generations. */
  async discard(ownerId: string, entry: IndexEntry): Promise<void> {
    await this.removeStored(ownerId, entry);
    await this.images.removeOf(ownerId, entry.id);
  }

  isStaged(ownerId: string, id: string): boolean {
    const active = this.state.table.activeIn(ownerId, id);
    return active !== undefined && !active.conversationDeleted && !!active.turn.newConversation;
  }

  private chatId(ownerId: string, id: string, entry: IndexEntry | null): string | null {
    const staged = this.state.table.activeIn(ownerId, id)?.turn.newConversation;
    return entry?.chatId ?? staged?.chatId ?? null;
  }

  /** From the index first: a generation claimed meanwhile finds no conversation any more. */
  private async removeStored(ownerId: string, entry: IndexEntry): Promise<void> {
    const { id, revision } = entry;
    this.state.index.remove(ownerId, entry.id);
    try {
      const heading = { ownerId, id, revision };
      const event = { type: 'conversation.deleted' } as const;
      await this.state.persistence.removeConversation(
        recordOf(heading, { time: Date.now(), event }),
      );
    } catch (error) {
      this.state.index.put(ownerId, entry);
      throw error;
    }
  }

  /** The running ones are asked to stop; the texts of the others are removed. */
  private async stopOrErase(ownerId: string, conversationId: string): Promise<void> {
    const { table, persistence } = this.state;
    for (const row of table.ofConversation(ownerId, conversationId)) {
      if (isRunning(row)) {
        this.state.requestStop(row, 'conversation_deleted');
        await persistence.saveGeneration(table.get(row.key) ?? row);
      } else await this.eraser.erase(row);
    }
  }
}
