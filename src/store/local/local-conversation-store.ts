import type {
  Conversation,
  ConversationPage,
  ConversationReading,
  ConversationSummary,
  TagCount,
} from '../../domain/conversation.js';
import type { StagedMessage } from '../../domain/generation.js';
import {
  ConversationStore,
  type ConversationUpdate,
  type Expected,
  type Fork,
  type ListRequest,
  type LocatedMessage,
  type MessageWindow,
  type NewConversation,
} from '../conversation-store.js';
import type {
  AppendResult,
  DeleteMessageResult,
  DeleteResult,
  ForkResult,
  TakeOutResult,
  UpdateResult,
} from '../conversation-results.js';
import { withAppended } from './conversation-change.js';
import { ConversationForks } from './conversation-forks.js';
import { ConversationReader } from './conversation-reader.js';
import { ConversationRemover } from './conversation-remover.js';
import type { IndexEntry } from './conversation-index.js';
import { LocalIdleConversations } from './local-idle-conversations.js';
import type { LocalImageStore } from './local-image-store.js';
import { GenerationEraser } from './generation-eraser.js';
import type { LocalState } from './local-state.js';
import { MessageRemover } from './message-remover.js';
import { madeConversation } from './new-conversation.js';
import { OldestConversations } from './oldest-conversations.js';
import { withSettings } from './settings-change.js';
import { summaryOf, type StoredConversation } from './stored-conversation.js';

/** The conversations of a store of one process. */
export class LocalConversationStore extends ConversationStore {
  readonly idle: LocalIdleConversations;
  private readonly reader: ConversationReader;
  private readonly remover: ConversationRemover;
  private readonly messages: MessageRemover;
  private readonly oldest: OldestConversations;
  private readonly forks: ConversationForks;

  constructor(
    private readonly state: LocalState,
    images: LocalImageStore,
  ) {
    super();
    this.reader = new ConversationReader(state);
    const eraser = new GenerationEraser(state);
    this.remover = new ConversationRemover(state, images, eraser);
    this.messages = new MessageRemover(state, images, eraser);
    this.idle = new LocalIdleConversations(state, this.remover);
    this.oldest = new OldestConversations(state, this.remover);
    this.forks = new ConversationForks(state, images, this.reader);
  }

  async list(ownerId: string, request: ListRequest): Promise<ConversationPage> {
    const { entries, total } = this.state.index.page(ownerId, request);
    return {
      conversations: entries.map((entry) => this.reader.summaryOf(ownerId, entry)),
      total,
    };
  }

  async tags(ownerId: string): Promise<TagCount[]> {
    return this.state.index.tags(ownerId);
  }

  find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    return this.reader.find(ownerId, id, window);
  }

  read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null> {
    return this.reader.read(ownerId, id, window);
  }

  located(ownerId: string, id: string, names: readonly string[]): Promise<LocatedMessage[]> {
    return this.reader.located(ownerId, id, names);
  }

  async wasDeleted(ownerId: string, id: string): Promise<boolean> {
    const { index, persistence } = this.state;
    return !index.get(ownerId, id) && persistence.isDeletedChat(ownerId, id);
  }

  summary(ownerId: string, id: string) {
    return this.reader.summary(ownerId, id);
  }

  async summaries(ownerId: string, ids: readonly string[]): Promise<ConversationSummary[]> {
    return ids.flatMap((id) => {
      const entry = this.state.index.get(ownerId, id);
      return entry ? this.reader.summaryOf(ownerId, entry) : [];
    });
  }

  async create(ownerId: string, made: NewConversation): Promise<void> {
    await this.state.inConversation(ownerId, made.id, () =>
      this.state.save(madeConversation(ownerId, made)),
    );
  }

  async update(
    ownerId: string,
    id: string,
    update: ConversationUpdate,
    expected: Expected,
  ): Promise<UpdateResult> {
    return this.changing(ownerId, id, expected, async (stored) => {
      const change = await withSettings(stored, update, Date.now());
      if (typeof change === 'string') return { outcome: change };
      if (change) await this.state.save(change);
      return { outcome: 'updated' };
    });
  }

  async delete(ownerId: string, id: string, expected: Expected): Promise<DeleteResult> {
    return this.state.inConversation(ownerId, id, async () => {
      const entry = this.state.index.get(ownerId, id) ?? null;
      if (!entry && !this.remover.isStaged(ownerId, id)) return { outcome: 'not_found' };
      if (entry && !isExpected(entry, expected)) return this.changedMeanwhile(ownerId, entry);
      await this.remover.remove(ownerId, id, entry);
      return { outcome: 'deleted' };
    });
  }

  async discard(ownerId: string, id: string): Promise<boolean> {
    const { index, table } = this.state;
    return this.state.inConversation(ownerId, id, async () => {
      const entry = index.get(ownerId, id);
      if (entry?.revision !== 1 || table.activeIn(ownerId, id)) return false;
      await this.remover.discard(ownerId, entry);
      return true;
    });
  }

  async deleteMessage(
    ownerId: string,
    id: string,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult> {
    return this.changing(ownerId, id, expected, (stored) =>
      this.messages.remove(stored, messageId),
    );
  }

  async takeOut(
    ownerId: string,
    id: string,
    messageIds: readonly string[],
  ): Promise<TakeOutResult> {
    return this.holding(ownerId, id, (stored) => this.messages.takeOut(stored, messageIds));
  }

  async append(
    ownerId: string,
    id: string,
    messages: readonly StagedMessage[],
    now: number,
  ): Promise<AppendResult> {
    return this.holding(ownerId, id, async (stored) => {
      const active = this.state.table.activeIn(ownerId, id);
      if (active) return { outcome: 'busy', activeGenerationId: active.id };
      if (messages.length > 0) await this.state.save(withAppended(stored, messages, now));
      return { outcome: 'appended' };
    });
  }

  async fork(ownerId: string, id: string, fork: Fork, expected: Expected): Promise<ForkResult> {
    return this.changing(ownerId, id, expected, (stored) => this.forks.make(stored, fork));
  }

  async countByOwner(): Promise<Map<string, number>> {
    return this.state.index.countByOwner();
  }

  removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    return this.oldest.remove(ownerId, max, exceptId);
  }

  /** Runs a task with a conversation that has an expected revision, while nobody else changes it. */
  private async changing<T>(
    ownerId: string,
    id: string,
    expected: Expected,
    task: (stored: StoredConversation) => Promise<T>,
  ) {
    return this.holding(ownerId, id, async (stored) =>
      isExpected(stored.heading, expected)
        ? task(stored)
        : this.changedMeanwhile(ownerId, stored.heading),
    );
  }

  /** Runs a task with a conversation while nobody else changes it. */
  private async holding<T>(
    ownerId: string,
    id: string,
    task: (stored: StoredConversation) => Promise<T>,
  ) {
    return this.state.inConversation(ownerId, id, async () => {
      const stored = await this.reader.load(ownerId, id);
      return stored ? task(stored) : { outcome: 'not_found' as const };
    });
  }

  private changedMeanwhile(ownerId: string, entry: IndexEntry) {
    const conversation = this.reader.summaryOf(ownerId, summaryOf(entry));
    return { outcome: 'changed_meanwhile' as const, conversation };
  }
}

function isExpected({ revision }: IndexEntry, expected: Expected): boolean {
  return expected === null || expected.includes(revision);
}
