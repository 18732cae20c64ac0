import { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import type { BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import type { Message } from '../../domain/conversation.js';
import type { ConversationStore } from '../../store/conversation-store.js';
import { toModelTurns } from './turns.js';

/**
 * A conversation of our store as LangChain's chat history, in the place of the seed's buffer memory.
 * It only reads: turns are written by their generation, which alone knows how they ended.
 */
export class ConversationHistory extends BaseListChatMessageHistory {
  override lc_namespace = ['chat', 'history'];

  constructor(
    private readonly conversations: ConversationStore,
    private readonly ownerId: string,
    private readonly conversationId: string,
  ) {
    super();
  }

  override async getMessages(): Promise<BaseMessage[]> {
    return toModelTurns(await this.storedMessages());
  }

  /** The messages as they are stored. Throws `conversation_not_found`. */
  async storedMessages(): Promise<Message[]> {
    const conversation = await this.conversations.find(this.ownerId, this.conversationId);
    if (conversation === null || conversation === 'message_not_found') {
      throw new AppError('conversation_not_found', 'Conversation not found');
    }
    return conversation.messages;
  }

  override addMessage(): Promise<void> {
    return Promise.reject(new Error('Turns are written by their generation'));
  }
}
