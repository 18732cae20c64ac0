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
import { BranchReader } from './conversations/branch-reader.js';
import { ConversationCopier } from './conversations/conversation-copier.js';
import { ConversationList } from './conversations/conversation-list.js';
import { ConversationRemover } from './conversations/conversation-remover.js';
import { ConversationSettingsWriter } from './conversations/conversation-settings.js';
import { isDeletedChat } from './conversations/deleted-chats.js';
import { MessageAppender } from './conversations/message-appender.js';
import { MessageFinder } from './conversations/message-finder.js';
import { MessageRemover } from './conversations/message-remover.js';
import { OldestRemover } from './conversations/oldest-remover.js';
import type { SqlDatabase } from './database/sql-database.js';

/** Conversations in the SQL database. */
export class TypeOrmConversationStore extends ConversationStore {
  private readonly reader: BranchReader;
  private readonly lists: ConversationList;
  private readonly settings: ConversationSettingsWriter;
  private readonly remover: ConversationRemover;
  private readonly oldest: OldestRemover;
  private readonly messages: MessageRemover;
  private readonly appender: MessageAppender;
  private readonly copier: ConversationCopier;
  private readonly finder: MessageFinder;

  constructor(
    private readonly database: SqlDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
    this.reader = new BranchReader(database);
    this.lists = new ConversationList(database);
    this.settings = new ConversationSettingsWriter(database, this.reader);
    this.remover = new ConversationRemover(database);
    this.oldest = new OldestRemover(database);
    this.messages = new MessageRemover(database);
    this.appender = new MessageAppender(database);
    this.copier = new ConversationCopier(database);
    this.finder = new MessageFinder(database);
  }

  list(ownerId: string, request: ListRequest): Promise<ConversationPage> {
    return this.lists.page(ownerId, request);
  }

  tags(ownerId: string): Promise<TagCount[]> {
    return this.lists.tags(ownerId);
  }

  find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    return this.reader.find({ ownerId, id }, window);
  }

  read(
    ownerId: string,
    id: string,
    window?: Partial<MessageWindow>,
  ): Promise<ConversationReading | 'message_not_found' | null> {
    return this.reader.read({ ownerId, id }, window);
  }

  located(ownerId: string, id: string, names: readonly string[]): Promise<LocatedMessage[]> {
    return this.finder.locate({ ownerId, id }, names);
  }

  wasDeleted(ownerId: string, id: string): Promise<boolean> {
    return this.database.read((session) => isDeletedChat(session, { ownerId, id }));
  }

  summary(
    ownerId: string,
    id: string,
  ): Promise<(ConversationSummary & Pick<Conversation, 'system' | 'parameters'>) | null> {
    return this.reader.summary({ ownerId, id });
  }

  summaries(ownerId: string, ids: readonly string[]): Promise<ConversationSummary[]> {
    return this.lists.summaries(ownerId, ids);
  }

  create(ownerId: string, conversation: NewConversation): Promise<void> {
    return this.settings.create(ownerId, conversation);
  }

  update(
    ownerId: string,
    id: string,
    update: ConversationUpdate,
    expected: Expected,
  ): Promise<UpdateResult> {
    return this.settings.update({ ownerId, id }, update, expected);
  }

  async delete(ownerId: string, id: string, expected: Expected): Promise<DeleteResult> {
    const { result, stopped } = await this.remover.remove({ ownerId, id }, expected);
    stopped.forEach(this.signal);
    return result;
  }

  discard(ownerId: string, id: string): Promise<boolean> {
    return this.remover.discard({ ownerId, id });
  }

  deleteMessage(
    ownerId: string,
    id: string,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult> {
    return this.messages.remove({ ownerId, id }, messageId, expected);
  }

  takeOut(ownerId: string, id: string, messageIds: readonly string[]): Promise<TakeOutResult> {
    return this.messages.takeOut({ ownerId, id }, messageIds);
  }

  append(
    ownerId: string,
    id: string,
    messages: readonly StagedMessage[],
    now: number,
  ): Promise<AppendResult> {
    return this.appender.append({ ownerId, id }, messages, now);
  }

  fork(ownerId: string, id: string, fork: Fork, expected: Expected): Promise<ForkResult> {
    return this.copier.fork({ ownerId, id }, fork, expected);
  }

  countByOwner(): Promise<Map<string, number>> {
    return this.lists.countByOwner();
  }

  removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    return this.oldest.remove(ownerId, { max, exceptId });
  }
}
