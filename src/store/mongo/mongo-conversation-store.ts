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
import { append } from './conversations/appending.js';
import { countTags, readPage, readSummaries } from './conversations/conversation-list.js';
import { readConversation, readHead } from './conversations/conversation-reader.js';
import { discard, remove, removeOldest } from './conversations/conversation-remover.js';
import { create, update } from './conversations/conversation-update.js';
import { fork } from './conversations/fork.js';
import { locate } from './conversations/locate.js';
import { deleteMessage } from './conversations/message-removal.js';
import { readPages } from './conversations/page-reader.js';
import { takeOut } from './conversations/taking-out.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { owned } from './documents/conversation-documents.js';

/** Conversations in MongoDB. */
export class MongoConversationStore extends ConversationStore {
  constructor(
    private readonly database: MongoDatabase,
    private readonly signal: (key: string) => void,
  ) {
    super();
  }

  list(ownerId: string, request: ListRequest): Promise<ConversationPage> {
    return this.database.read((collections) => readPage(collections, ownerId, request), 2);
  }

  tags(ownerId: string): Promise<TagCount[]> {
    return this.database.read((collections) => countTags(collections, ownerId));
  }

  find(
    ownerId: string,
    id: string,
    window?: MessageWindow,
  ): Promise<Conversation | 'message_not_found' | null> {
    return this.database.read(
      (collections) => readConversation(collections, owned(ownerId, id), window),
      window?.before === undefined && window?.branch === undefined ? 2 : 3,
    );
  }

  read(
    ownerId: string,
    id: string,
    window: Partial<MessageWindow> = {},
  ): Promise<ConversationReading | 'message_not_found' | null> {
    return readPages(
      (work, atOnce) => this.database.read(work, atOnce),
      owned(ownerId, id),
      window,
    );
  }

  located(ownerId: string, id: string, names: readonly string[]): Promise<LocatedMessage[]> {
    return this.database.read((collections) => locate(collections, owned(ownerId, id), names), 2);
  }

  async wasDeleted(ownerId: string, id: string): Promise<boolean> {
    const tombstone = await this.database.read(({ conversations }) =>
      conversations.findOne(
        { _id: owned(ownerId, id), deletedAt: { $ne: null }, isChat: true },
        { projection: { _id: 1 } },
      ),
    );
    return tombstone !== null;
  }

  summary(
    ownerId: string,
    id: string,
  ): Promise<(ConversationSummary & Pick<Conversation, 'system' | 'parameters'>) | null> {
    return this.database.read((collections) => readHead(collections, owned(ownerId, id)), 2);
  }

  summaries(ownerId: string, ids: readonly string[]): Promise<ConversationSummary[]> {
    return this.database.read((collections) => readSummaries(collections, ownerId, ids), 2);
  }

  create(ownerId: string, conversation: NewConversation): Promise<void> {
    return this.database.use((collections) => create(collections, ownerId, conversation));
  }

  update(
    ownerId: string,
    id: string,
    changes: ConversationUpdate,
    expected: Expected,
  ): Promise<UpdateResult> {
    return this.database.use((all) => update(all, owned(ownerId, id), changes, expected));
  }

  async delete(ownerId: string, id: string, expected: Expected): Promise<DeleteResult> {
    const { result, stopped } = await this.database.use((collections) =>
      remove(collections, ownerId, id, expected),
    );
    if (stopped !== null) this.signal(stopped);
    return result;
  }

  discard(ownerId: string, id: string): Promise<boolean> {
    return this.database.use((collections) => discard(collections, owned(ownerId, id)));
  }

  deleteMessage(
    ownerId: string,
    id: string,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult> {
    return this.database.use((all) => deleteMessage(all, owned(ownerId, id), messageId, expected));
  }

  takeOut(ownerId: string, id: string, messageIds: readonly string[]): Promise<TakeOutResult> {
    return this.database.use((all) => takeOut(all, owned(ownerId, id), messageIds));
  }

  append(
    ownerId: string,
    id: string,
    messages: readonly StagedMessage[],
    now: number,
  ): Promise<AppendResult> {
    return this.database.use((all) => append(all, owned(ownerId, id), messages, now));
  }

  fork(ownerId: string, id: string, wish: Fork, expected: Expected): Promise<ForkResult> {
    return this.database.use((all) => fork(all, owned(ownerId, id), wish, expected));
  }

  async countByOwner(): Promise<Map<string, number>> {
    const rows = await this.database.read(({ conversations }) =>
      conversations
        .aggregate<{
          _id: string;
          count: number;
        }>([{ $match: { deletedAt: null } }, { $group: { _id: '$ownerId', count: { $sum: 1 } } }])
        .toArray(),
    );
    return new Map(rows.map(({ _id, count }) => [_id, count]));
  }

  removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    return this.database.use((collections) => removeOldest(collections, ownerId, max, exceptId));
  }
}
