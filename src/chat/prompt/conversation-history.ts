import { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import type { BaseMessage } from '@langchain/core/messages';
import { AppError } from '../../common/errors/app-error.js';
import type { Conversation, Message } from '../../domain/conversation.js';
import type { ConversationStore } from '../../store/conversation-store.js';
import { IMAGE_TOKENS } from './prompt-images.js';
import { estimateTokens } from './token-count.js';
import { toModelTurns, type SpokenMessage } from './turns.js';

/** Messages that are read at once: what most conversations have, or most contexts hold. */
const PAGE = 50;

/** The first page that is read of a conversation. */
export type RecentTurns = Pick<Conversation, 'messages' | 'messageCount'>;

/** Messages of a conversation, in order, and how many before them were not read. */
export interface ReadMessages {
  messages: SpokenMessage[];
  unread: number;
}

/**
 * A stored conversation as LangChain's chat history, instead of a buffer memory: the newest
 * messages that fit a context. It only reads: generations write the turns, since they know how
 * these ended.
 */
export class ConversationHistory extends BaseListChatMessageHistory {
  override lc_namespace = ['chat', 'history'];

  constructor(
    private readonly conversations: ConversationStore,
    private readonly ownerId: string,
    private readonly conversationId: string,
    /** Size of the context, in tokens. */
    private readonly contextTokens = Infinity,
  ) {
    super();
  }

  override async getMessages(): Promise<BaseMessage[]> {
    const { messages } = await this.messagesFor(await this.recent(), this.contextTokens);
    return toModelTurns(messages);
  }

  /** The newest page of it. Throws `conversation_not_found`. */
  async recent(): Promise<RecentTurns> {
    const conversation = await this.page();
    if (!conversation) throw new AppError('conversation_not_found', 'Conversation not found');
    return conversation;
  }

  /**
   * The messages that fit `contextTokens`, and perhaps one page more, behind the system prompt.
   * `known` are the last of them; what goes before is read as far as it fits.
   *
   * @param count tokens of a text
   */
  async messagesFor(
    { messages: known, messageCount }: RecentTurns,
    contextTokens: number,
    count: (text: string) => number = estimateTokens,
  ): Promise<ReadMessages> {
    if (known.length >= messageCount) return { messages: known, unread: 0 };
    const tokensOf = (some: readonly Message[]): number =>
      some.reduce(
        (sum, { content, images }) => sum + count(content) + (images?.length ?? 0) * IMAGE_TOKENS,
        0,
      );
    let messages = known;
    let tokens = tokensOf(messages);
    while (messages.length < messageCount && tokens < contextTokens) {
      const earlier = (await this.page(messages[0]?.id))?.messages ?? [];
      if (earlier.length === 0) break;
      messages = [...earlier, ...messages];
      tokens += tokensOf(earlier);
    }
    if (messages.length >= messageCount) return { messages, unread: 0 };
    const all = await this.withSystem(messages);
    return { messages: all, unread: messageCount - all.length };
  }

  override addMessage(): Promise<void> {
    return Promise.reject(new Error('Turns are written by their generation'));
  }

  private async page(before?: string): Promise<Conversation | null> {
    const window = { limit: PAGE, ...(before !== undefined && { before }) };
    const found = await this.conversations.find(this.ownerId, this.conversationId, window);
    return found === 'message_not_found' ? null : found;
  }

  private async withSystem(messages: Message[]): Promise<SpokenMessage[]> {
    const content = await this.conversations.systemPrompt(this.ownerId, this.conversationId);
    return content === null ? messages : [{ role: 'system', content }, ...messages];
  }
}
