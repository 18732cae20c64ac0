import { Injectable } from '@nestjs/common';
import { AppError, invalidField } from '../common/errors/app-error.js';
import { orderedUuid } from '../common/ordered-uuid.js';
import type {
  BranchMessage,
  Conversation,
  ConversationMetadata,
  ConversationReading,
  ConversationSettings,
  ConversationSummary,
} from '../domain/conversation.js';
import type { ImageReading } from '../domain/image.js';
import { conversationNotFound } from '../store/conversation-errors.js';
import {
  ConversationStore,
  type Expected,
  type MessageWindow,
} from '../store/conversation-store.js';
import { HistoryRetention } from '../store/history-retention.js';
import { ImageStore } from '../store/image-store.js';
import { LiveTexts } from '../store/live-texts.js';
import { orNotFound, refusalOf } from './refusals.js';

/** Which messages are asked for: the newest `messages`, those above message `before`, of which branch. */
export interface WindowRequest {
  messages?: number;
  before?: string | undefined;
  /** A message, or `all`. */
  branch?: string | undefined;
  /** The last message, in place of a branch. */
  upTo?: string | undefined;
}

/** What is set of a conversation; null is none. */
export type SettingsRequest = Partial<
  Omit<ConversationSettings, 'tags' | 'pinned' | 'archived'> & {
    tags: readonly string[] | null;
    pinned: boolean | null;
    archived: boolean | null;
    activeMessageId: string;
    metadata: ConversationMetadata | null;
  }
>;

/** More messages than a conversation can have, valid as a LIMIT in every database. */
const ALL = 2 ** 31 - 1;

/** Limits of a response in one piece: messages, and their characters. */
const PAGE = 50;
const LONG_TEXT = 256 * 1024;

/** Stored conversations: make, read, change, copy, delete, each within one owner. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly liveTexts: LiveTexts,
    private readonly images: ImageStore,
    private readonly retention: HistoryRetention,
  ) {}

  /** Makes an empty conversation. */
  async create(ownerId: string, settings: SettingsRequest): Promise<Conversation> {
    const { title, system, model, parameters, tags, pinned, archived, metadata } = settings;
    const id = orderedUuid();
    const createdAt = Date.now();
    await this.conversations.create(ownerId, {
      id,
      title: title ?? null,
      system:
        system === undefined || system === null
          ? null
          : { id: orderedUuid(), content: system, createdAt },
      model: model ?? null,
      parameters: parameters ?? null,
      tags: tags ?? [],
      pinned: pinned ?? false,
      archived: archived ?? false,
      metadata: metadata ?? null,
      createdAt,
    });
    await this.retention.makeRoom(ownerId, id);
    return orNotFound(await this.conversations.find(ownerId, id));
  }

  /**
   * The conversation, with the newest text of a message that is being generated. Long conversations
   * are read while they are iterated. Fails with `conversation_not_found`, or `message_not_found`
   * when the window names no message of it.
   */
  async get(
    ownerId: string,
    id: string,
    { messages: limit = ALL, before, branch, upTo }: WindowRequest = {},
  ): Promise<Conversation | ConversationReading> {
    const window: MessageWindow = {
      limit: Math.min(limit, PAGE),
      ...(before !== undefined && { before }),
      ...(branch !== undefined && { branch: branch === 'all' ? branch : { through: branch } }),
      ...(upTo !== undefined && { branch: { upTo } }),
    };
    const found = orNotFound(await this.conversations.find(ownerId, id, window));
    const isWhole = found.messages.length < PAGE || found.messages.length === found.branchLength;
    if (limit <= PAGE || isWhole) return this.inOnePage(found);
    const reading = orNotFound(await this.conversations.read(ownerId, id, { ...window, limit }));
    return { ...reading, pages: this.refreshed(reading.pages) };
  }

  /** One message, on whatever branch; null where the owner has none of these ids. */
  async message(ownerId: string, id: string, messageId: string): Promise<BranchMessage | null> {
    const window = { limit: 1, branch: { upTo: messageId } };
    const found = await this.conversations.find(ownerId, id, window);
    const [message] = found === null || found === 'message_not_found' ? [] : found.messages;
    return message?.id === messageId ? this.refresh(message) : null;
  }

  /** Without its messages. Fails with `conversation_not_found`. */
  async summary(ownerId: string, id: string): Promise<ConversationSummary> {
    const summary = await this.conversations.summary(ownerId, id);
    if (!summary) throw conversationNotFound();
    return summary;
  }

  /**
   * Sets what is named; its place in the list stays. Fails with `conversation_not_found`,
   * `message_not_found`, `conversation_changed`.
   */
  async update(
    ownerId: string,
    id: string,
    { title, system, tags, pinned, archived, ...rest }: SettingsRequest,
    expected: Expected,
  ): Promise<Conversation | ConversationReading> {
    const changes = {
      ...rest,
      ...(title !== undefined && { title: { text: title, by: 'user' as const } }),
      ...(system !== undefined && {
        system:
          system === null ? null : { id: orderedUuid(), content: system, createdAt: Date.now() },
      }),
      ...(tags !== undefined && { tags: tags ?? [] }),
      ...(pinned !== undefined && { pinned: pinned ?? false }),
      ...(archived !== undefined && { archived: archived ?? false }),
    };
    const result = await this.conversations.update(ownerId, id, changes, expected);
    if (result.outcome !== 'updated') throw refusalOf(result);
    return this.get(ownerId, id);
  }

  /**
   * Removes it with its messages; the store asks a generation that runs in it to stop. Fails with
   * `conversation_not_found`, `conversation_changed`.
   */
  async delete(ownerId: string, id: string, expected: Expected): Promise<void> {
    const result = await this.conversations.delete(ownerId, id, expected);
    if (result.outcome !== 'deleted') throw refusalOf(result);
    this.liveTexts.conversationDeleted(ownerId, id);
  }

  /**
   * Removes a message and all below it; how many. Fails with `conversation_not_found`,
   * `message_not_found`, `conversation_busy`, `conversation_changed`, and `validation` for the system
   * prompt.
   */
  async deleteMessage(
    ownerId: string,
    id: string,
    messageId: string,
    expected: Expected,
  ): Promise<number> {
    const result = await this.conversations.deleteMessage(ownerId, id, messageId, expected);
    if (result.outcome === 'deleted') return result.count;
    if (result.outcome !== 'system_prompt') throw refusalOf(result);
    throw invalidField({
      field: 'message',
      message: 'is the system prompt, a setting: remove it with PUT {"system": null}',
    });
  }

  /**
   * Takes a message out and leaves what is below it. Fails with `conversation_not_found`,
   * `conversation_busy`.
   */
  async takeOut(ownerId: string, id: string, messageId: string): Promise<void> {
    const result = await this.conversations.takeOut(ownerId, id, [messageId]);
    if (result.outcome !== 'taken_out') throw refusalOf(result);
  }

  /**
   * Copies a branch into a new conversation. Fails with `conversation_not_found`, `message_not_found`,
   * `conversation_busy`, `conversation_changed`.
   */
  async fork(
    ownerId: string,
    id: string,
    messageId: string | null,
    expected: Expected,
  ): Promise<Conversation | ConversationReading> {
    const copy = {
      id: orderedUuid(),
      createdAt: Date.now(),
      newId: () => orderedUuid(),
      messageId,
    };
    const result = await this.conversations.fork(ownerId, id, copy, expected);
    if (result.outcome !== 'forked') throw refusalOf(result);
    await this.retention.makeRoom(ownerId, copy.id);
    return this.get(ownerId, copy.id);
  }

  /** An image of one of its messages. Fails with `image_not_found`. */
  async image(ownerId: string, id: string, imageId: string): Promise<ImageReading> {
    const image = await this.images.read(ownerId, id, imageId);
    if (!image) throw new AppError('image_not_found', 'Image not found');
    return image;
  }

  private inOnePage({ messages, ...head }: Conversation): Conversation | ConversationReading {
    const fresh = messages.map((message) => this.refresh(message));
    const length = fresh.reduce((sum, { content }) => sum + content.length, 0);
    if (length <= LONG_TEXT) return { ...head, messages: fresh };
    return { ...head, pages: only(fresh) };
  }

  private async *refreshed(pages: AsyncIterable<BranchMessage[]>): AsyncGenerator<BranchMessage[]> {
    for await (const page of pages) yield page.map((message) => this.refresh(message));
  }

  private refresh(message: BranchMessage): BranchMessage {
    if (message.status !== 'streaming') return message;
    const live = this.liveTexts.read(message.id);
    return live && live.seq >= (message.seq ?? 0) ? { ...message, ...live } : message;
  }
}

async function* only(page: BranchMessage[]): AsyncGenerator<BranchMessage[]> {
  yield page;
}
