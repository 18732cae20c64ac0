import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { Conversation, ConversationPage, Message } from '../domain/conversation.js';
import { ConversationStore, type MessageWindow } from '../store/conversation-store.js';
import { LiveTexts } from '../store/live-texts.js';

/** Which messages are asked for: the newest `messages`, those before message `before`, or both. */
export interface WindowRequest {
  messages?: number;
  before?: string;
}

/** More messages than a conversation can have, in what every database takes for a LIMIT. */
const ALL = 2 ** 31 - 1;

/** Kept conversations: list, read, rename, delete. All of it within one owner. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly liveTexts: LiveTexts,
  ) {}

  list(ownerId: string, limit: number, offset: number): Promise<ConversationPage> {
    return this.conversations.list(ownerId, { limit, offset });
  }

  /**
   * The conversation, a message that is being written with the freshest text there is. Fails with
   * `conversation_not_found`, or `message_not_found` when the window starts at no message of it.
   */
  async get(ownerId: string, id: string, window: WindowRequest = {}): Promise<Conversation> {
    const found = await this.conversations.find(ownerId, id, messageWindow(window));
    if (found === null) throw conversationNotFound();
    if (found === 'message_not_found') {
      throw new AppError('message_not_found', 'Message not found in this conversation');
    }
    return { ...found, messages: found.messages.map((message) => this.refresh(message)) };
  }

  /** Gives it another title; its place in the list stays. */
  async rename(ownerId: string, id: string, title: string): Promise<Conversation> {
    if (!(await this.conversations.rename(ownerId, id, title))) throw conversationNotFound();
    return this.get(ownerId, id);
  }

  /** Removes it with its messages; a generation that runs in it is told to stop by the store. */
  async delete(ownerId: string, id: string): Promise<void> {
    if (!(await this.conversations.delete(ownerId, id))) throw conversationNotFound();
  }

  private refresh(message: Message): Message {
    if (message.status !== 'streaming') return message;
    const live = this.liveTexts.read(message.id);
    return live && live.seq >= (message.seq ?? 0) ? { ...message, ...live } : message;
  }
}

function messageWindow({ messages, before }: WindowRequest): MessageWindow | undefined {
  if (messages === undefined && before === undefined) return undefined;
  return { limit: messages ?? ALL, ...(before !== undefined && { before }) };
}

function conversationNotFound(): AppError {
  return new AppError('conversation_not_found', 'Conversation not found');
}
