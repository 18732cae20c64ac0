import { BaseListChatMessageHistory } from '@langchain/core/chat_history';
import type { BaseMessage } from '@langchain/core/messages';
import type { Conversation, Message } from '../../domain/conversation.js';
import { conversationNotFound, messageNotFound } from '../../store/conversation-errors.js';
import type { ConversationStore, MessageWindow } from '../../store/conversation-store.js';
import { IMAGE_TOKENS } from './prompt-images.js';
import { estimateTokens } from './token-count.js';
import { toModelTurns, type SpokenMessage } from './turns.js';

/** Messages that are read at once: what most conversations have, or most contexts hold. */
const PAGE = 50;

/** The newest messages of a branch, how many it has, and the title of its conversation. */
export type RecentTurns = Pick<
  Conversation,
  'messages' | 'branchLength' | 'messageTotal' | 'system' | 'title' | 'titleBy'
>;

/** Messages of a branch, in order, and how many before them were not read. */
export interface ReadMessages {
  messages: SpokenMessage[];
  unread: number;
}

/**
 * A branch of a stored conversation as LangChain's chat history, instead of a buffer memory: the newest
 * messages that fit a context. It only reads: generations write the turns, since they know how
 * these ended.
 */
export class ConversationHistory extends BaseListChatMessageHistory {
  override lc_namespace = ['chat', 'history'];

  constructor(
    private readonly conversations: ConversationStore,
    private readonly ownerId: string,
    private readonly conversationId: string,
    /** The end of the branch; null: that of the active one. */
    private readonly endId: string | null = null,
    /** Size of the context, in tokens. */
    private readonly contextTokens = Infinity,
  ) {
    super();
  }

  override async getMessages(): Promise<BaseMessage[]> {
    const { messages } = await this.messagesFor(await this.recent(), this.contextTokens);
    return toModelTurns(messages);
  }

  /**
   * The newest page of it. Throws `conversation_not_found`, and `message_not_found` where its end is no
   * message of it.
   */
  async recent(limit = PAGE): Promise<RecentTurns> {
    const branch = this.endId === null ? {} : { branch: { upTo: this.endId } };
    const found = await this.page({ limit, ...branch });
    if (!found) throw conversationNotFound();
    if (found === 'message_not_found') throw messageNotFound();
    return found;
  }

  /**
   * The messages that fit `contextTokens`, and perhaps one page more, behind the system prompt.
   * `recent` has the last of them; what goes before is read as far as it fits.
   *
   * @param count tokens of a text
   */
  async messagesFor(
    recent: RecentTurns,
    contextTokens: number,
    count: (text: string) => number = estimateTokens,
  ): Promise<ReadMessages> {
    const { messages: known, branchLength, system } = recent;
    if (known.length >= branchLength) return { messages: known, unread: 0 };
    const tokensOf = (some: readonly Message[]): number =>
      some.reduce(
        (sum, { content, images }) => sum + count(content) + (images?.length ?? 0) * IMAGE_TOKENS,
        0,
      );
    let messages: Message[] = [];
    let tokens = 0;
    for await (const page of this.upwards(recent)) {
      messages = [...page, ...messages];
      tokens += tokensOf(page);
      if (tokens >= contextTokens) break;
    }
    if (messages.length >= branchLength) return { messages, unread: 0 };
    const all: SpokenMessage[] =
      system === null ? messages : [{ role: 'system', content: system }, ...messages];
    return { messages: all, unread: branchLength - all.length };
  }

  /** The branch page by page from its end upwards; `recent` is the first of them. */
  async *upwards({
    messages: newest,
    branchLength,
  }: RecentTurns): AsyncGenerator<readonly Message[]> {
    let read = 0;
    for (let page = newest; ;) {
      yield page;
      read += page.length;
      const [oldest] = page;
      if (!oldest || read >= branchLength) return;
      const above = await this.page({ limit: PAGE, before: oldest.id });
      page = above && above !== 'message_not_found' ? above.messages : [];
    }
  }

  override addMessage(): Promise<void> {
    return Promise.reject(new Error('Turns are written by their generation'));
  }

  private page(window: MessageWindow): Promise<Conversation | 'message_not_found' | null> {
    return this.conversations.find(this.ownerId, this.conversationId, window);
  }
}
