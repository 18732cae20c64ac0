import type { DeleteMessageResult, TakeOutResult } from '../conversation-results.js';
import type { GenerationEraser } from './generation-eraser.js';
import type { LocalImageStore } from './local-image-store.js';
import type { LocalState } from './local-state.js';
import { withoutMessage, type MessageDeletion } from './message-deletion.js';
import { withoutMessages } from './message-taking.js';
import type { StoredConversation } from './stored-conversation.js';

/** Deletes messages with what belongs to them. Call it inside the conversation's mutex. */
export class MessageRemover {
  constructor(
    private readonly state: LocalState,
    private readonly images: LocalImageStore,
    private readonly eraser: GenerationEraser,
  ) {}

  async remove(stored: StoredConversation, messageId: string): Promise<DeleteMessageResult> {
    const { ownerId, id: conversationId } = stored.heading;
    const place = stored.messages.placeOf(messageId);
    if (place === -1) return { outcome: 'message_not_found' };
    if (place === 0 && stored.messages.hasSystem) return { outcome: 'system_prompt' };
    const active = this.state.table.activeIn(ownerId, conversationId);
    if (active) return { outcome: 'busy', activeGenerationId: active.id };
    const deletion = withoutMessage(stored, messageId, Date.now());
    await this.save(deletion);
    return { outcome: 'deleted', count: deletion.deleted.length };
  }

  async takeOut(stored: StoredConversation, messageIds: readonly string[]): Promise<TakeOutResult> {
    const { ownerId, id } = stored.heading;
    const active = this.state.table.activeIn(ownerId, id);
    if (active) return { outcome: 'busy', activeGenerationId: active.id };
    const deletion = await withoutMessages(stored, messageIds, Date.now());
    if (deletion) await this.save(deletion);
    const length = deletion?.change.heading.messageTotal ?? stored.messages.length;
    return { outcome: 'taken_out', left: length - (stored.messages.hasSystem ? 1 : 0) };
  }

  private async save({ change, deleted }: MessageDeletion): Promise<void> {
    const { ownerId, id: conversationId } = change.heading;
    await this.eraser.whileDeleting(ownerId, conversationId, deleted, () =>
      this.images.whileDeleting({ ownerId, conversationId }, deleted, () =>
        this.state.save(change),
      ),
    );
  }
}
