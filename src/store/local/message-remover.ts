import type { DeleteMessageResult } from '../conversation-store.js';
import type { GenerationEraser } from './generation-eraser.js';
import type { LocalImageStore } from './local-image-store.js';
import type { LocalState } from './local-state.js';
import { withoutMessage } from './message-deletion.js';
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
    const { change, deleted } = withoutMessage(stored, messageId, Date.now());
    await this.eraser.whileDeleting(ownerId, conversationId, deleted, () =>
      this.images.whileDeleting({ ownerId, conversationId }, deleted, () =>
        this.state.save(change),
      ),
    );
    return { outcome: 'deleted', count: deleted.length };
  }
}
