import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type {
  Conversation,
  ConversationPage,
  ConversationReading,
  Message,
} from '../domain/conversation.js';
import type { ImageReading } from '../domain/image.js';
import { ConversationStore } from '../store/conversation-store.js';
import { ImageStore } from '../store/image-store.js';
import { LiveTexts } from '../store/live-texts.js';

/** Which messages are asked for: the newest `messages`, those before message `before`, or both. */
export interface WindowRequest {
  messages?: number;
  before?: string;
}

/** More messages than a conversation can have, valid as a LIMIT in every database. */
const ALL = 2 ** 31 - 1;

/** Limits of a response in one piece: messages, and their characters. */
const PAGE = 50;
const LONG_TEXT = 256 * 1024;

/** Stored conversations: list, read, rename, delete, each within one owner. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly liveTexts: LiveTexts,
    private readonly images: ImageStore,
  ) {}

  list(ownerId: string, limit: number, offset: number): Promise<ConversationPage> {
    return this.conversations.list(ownerId, { limit, offset });
  }

  /**
   * The conversation, with the newest text of a message that is being generated. Long conversations
   * are read while they are iterated. Fails with `conversation_not_found`, or `message_not_found`
   * when the window starts at no message of it.
   */
  async get(
    ownerId: string,
    id: string,
    { messages: limit = ALL, before }: WindowRequest = {},
  ): Promise<Conversation | ConversationReading> {
    const window = { limit: Math.min(limit, PAGE), ...(before !== undefined && { before }) };
    const found = orNotFound(await this.conversations.find(ownerId, id, window));
    const isWhole = found.messages.length < PAGE || found.messages.length === found.messageCount;
    if (limit <= PAGE || isWhole) return this.inOnePage(found);
    const reading = orNotFound(await this.conversations.read(ownerId, id, { ...window, limit }));
    return { ...reading, pages: this.refreshed(reading.pages) };
  }

  /** Gives it another title; its place in the list stays. */
  async rename(
    ownerId: string,
    id: string,
    title: string,
  ): Promise<Conversation | ConversationReading> {
    if (!(await this.conversations.rename(ownerId, id, title))) throw conversationNotFound();
    return this.get(ownerId, id);
  }

  /** Removes it with its messages; the store asks a generation that runs in it to stop. */
  async delete(ownerId: string, id: string): Promise<void> {
    if (!(await this.conversations.delete(ownerId, id))) throw conversationNotFound();
    this.liveTexts.conversationDeleted(ownerId, id);
  }

  /** An image of one of its messages. Fails with `image_not_found`. */
  async image(ownerId: string, id: string, imageId: string): Promise<ImageReading> {
    const image = await this.images.read(ownerId, id, imageId);
    if (!image) throw new AppError('image_not_found', 'Image not found');
    return image;
  }

  private inOnePage({ messages, ...summary }: Conversation): Conversation | ConversationReading {
    const fresh = messages.map((message) => this.refresh(message));
    const length = fresh.reduce((sum, { content }) => sum + content.length, 0);
    if (length <= LONG_TEXT) return { ...summary, messages: fresh };
    return { ...summary, pages: only(fresh) };
  }

  private async *refreshed(pages: AsyncIterable<Message[]>): AsyncGenerator<Message[]> {
    for await (const page of pages) yield page.map((message) => this.refresh(message));
  }

  private refresh(message: Message): Message {
    if (message.status !== 'streaming') return message;
    const live = this.liveTexts.read(message.id);
    return live && live.seq >= (message.seq ?? 0) ? { ...message, ...live } : message;
  }
}

async function* only(page: Message[]): AsyncGenerator<Message[]> {
  yield page;
}

function orNotFound<T>(found: T | 'message_not_found' | null): T {
  if (found === null) throw conversationNotFound();
  if (found !== 'message_not_found') return found;
  throw new AppError('message_not_found', 'Message not found in this conversation');
}

function conversationNotFound(): AppError {
  return new AppError('conversation_not_found', 'Conversation not found');
}
