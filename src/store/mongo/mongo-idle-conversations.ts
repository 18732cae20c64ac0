import type { Filter } from 'mongodb';
import { IdleConversations, type HistoryCounts } from '../idle-conversations.js';
import { turnsThatCount, turnText } from '../rules/turns-of-processes.js';
import { activeIn } from './conversations/active-generations.js';
import { statesOf, toSummary } from './conversations/conversation-state.js';
import { markDeleted, purge } from './conversations/purge.js';
import type { Collections } from './database/collections.js';
import { insertIfAbsent } from './database/insert-if-absent.js';
import type { MongoDatabase } from './database/mongo-database.js';
import type { ConversationDocument } from './documents/conversation-documents.js';

/** Conversations that are looked at together. */
const BATCH = 100;

const TURN = 'pruned';

/** Those of the database. */
export class MongoIdleConversations extends IdleConversations {
  constructor(private readonly database: MongoDatabase) {
    super();
  }

  count(before: number): Promise<HistoryCounts> {
    return this.database.read(async (collections) => {
      const counts = { conversations: 0, messages: 0 };
      for await (const page of idlePages(collections, before)) await add(collections, counts, page);
      return counts;
    });
  }

  takeTurn(now: number, pauseMs: number): Promise<boolean> {
    const value = turnText(now);
    const { from, to } = turnsThatCount(now, pauseMs);
    return this.database.use(async ({ facts }) => {
      const present = await insertIfAbsent(facts, [{ _id: TURN, value }]);
      if (present.length === 0) return true;
      const { matchedCount } = await facts.updateOne(
        { _id: TURN, $or: [{ value: { $lt: from } }, { value: { $gt: to } }] },
        { $set: { value } },
      );
      return matchedCount === 1;
    });
  }

  protected removeSome(before: number): Promise<HistoryCounts> {
    return this.database.use(async (collections) => {
      const counts = { conversations: 0, messages: 0 };
      for await (const page of idlePages(collections, before))
        for (const document of page) {
          const { _id, updatedAt } = document;
          if (!(await markDeleted(collections, { _id, updatedAt }))) continue;
          await add(collections, counts, [document]);
          await purge(collections, _id);
        }
      return counts;
    });
  }
}

/** In the order of `_id`: each is met once, also while they are removed. */
async function* idlePages(
  collections: Collections,
  before: number,
): AsyncGenerator<ConversationDocument[]> {
  const which: Filter<ConversationDocument> = { deletedAt: null, updatedAt: { $lt: before } };
  for (let after = ''; ;) {
    const page = await collections.conversations
      .find({ ...which, _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(BATCH)
      .toArray();
    const last = page.at(-1);
    if (!last) return;
    const ids = page.map(({ _id }) => _id);
    const busy = await activeIn(collections, ids);
    yield page.filter(({ _id }) => !busy.has(_id));
    after = last._id;
  }
}

async function add(
  collections: Collections,
  counts: HistoryCounts,
  documents: ConversationDocument[],
): Promise<void> {
  for (const state of await statesOf(collections, documents)) {
    counts.conversations += 1;
    counts.messages += toSummary(state, null).messageTotal;
  }
}
