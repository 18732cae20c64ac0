import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { historyConfig } from '../config/namespaces.js';
import { AppLogger } from '../observability/app-logger.js';
import { Audit, operatorFor } from '../observability/audit/audit.js';
import { ConversationStore } from './conversation-store.js';

/** `HISTORY_MAX_CONVERSATIONS`: above the limit, a new conversation removes an old one. */
@Injectable()
export class HistoryRetention {
  constructor(
    @Inject(historyConfig.KEY) private readonly settings: ConfigType<typeof historyConfig>,
    private readonly conversations: ConversationStore,
    private readonly logger: AppLogger,
    private readonly audit: Audit,
  ) {}

  /**
   * Call it when a conversation was made: removes its owner's least recently updated one, unpinned ones
   * first, if there are too many. Never rejects.
   */
  async makeRoom(ownerId: string, conversationId: string): Promise<void> {
    const { maxConversations } = this.settings;
    if (maxConversations === 0) return;
    try {
      const { conversations } = this;
      const removed = await conversations.removeOldest(ownerId, maxConversations, conversationId);
      if (removed === null) return;
      this.logger.info('The oldest conversation was removed to make room', {
        conversation_id: removed,
        owner: ownerId,
      });
      this.audit.done('conversation.delete', removed, operatorFor(ownerId));
    } catch (error) {
      this.logger.warn('The oldest conversation could not be removed', { error, owner: ownerId });
    }
  }
}
