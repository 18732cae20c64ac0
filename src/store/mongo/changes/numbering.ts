import type { Filter } from 'mongodb';
import type { Collections } from '../database/collections.js';
import { isDuplicate } from '../database/insert-if-absent.js';
import {
  beginning,
  type ChangeDocument,
  type RecordedChange,
} from '../documents/change-documents.js';
import { revisionOf, type ConversationDocument } from '../documents/conversation-documents.js';

/** Conversations at a time; those with the oldest changes first, where the server uses the index. */
const BATCH = 32;

/** Conversations with changes that have no number yet. */
const PENDING: Filter<ConversationDocument> = { 'outbox.at': { $gt: 0 } };

/** Begins the changes of a database that has none. */
export async function beginChanges({ changes }: Collections): Promise<void> {
  try {
    await changes.insertOne(beginning());
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}

/**
 * Gives all changes that are committed by now their numbers, in an order that holds against others
 * that do the same:
 *
 * 1. The last number is read, and then the changes without a number. If another process gives one of
 *    them a number after that, the next number is taken.
 * 2. The changes are inserted with the next numbers, those of a conversation in its order. It ends at a
 *    number that is taken, or at a change that has a number: another process died before step 3.
 * 3. They are removed from their conversations. A crash before that leaves it to the next call.
 */
export async function numberChanges(collections: Collections): Promise<void> {
  const { conversations } = collections;
  while (await conversations.findOne(PENDING, { projection: { _id: 1 } }))
    await numberSome(collections);
}

/** Changes that a conversation may have without numbers; its next writer gives them theirs. */
const MOST = 32;

/** Keeps a conversation small that changes often while there are no readers of changes. */
export async function limitOutbox(
  collections: Collections,
  { outbox = [] }: ConversationDocument,
): Promise<void> {
  if (outbox.length >= MOST) await numberSome(collections);
}

/** A conversation, as far as its changes need it. */
type Pending = Pick<
  ConversationDocument,
  '_id' | 'ownerId' | 'id' | 'turns' | 'changes' | 'outbox'
>;

async function numberSome(collections: Collections): Promise<void> {
  const last = await lastChange(collections);
  const pending = await collections.conversations
    .find(PENDING)
    .limit(BATCH)
    .project<Pending>({ ownerId: 1, id: 1, turns: 1, changes: 1, outbox: 1 })
    .toArray();
  // Those of one time stay as they are.
  const dated = pending.flatMap(changesIn).sort((a, b) => a.at - b.at);
  const numbered = dated.map(({ change }, index) => ({ _id: last._id + 1 + index, ...change }));
  const stored = new Set(await store(collections, numbered));
  await removeRecords(collections, pending, ({ id, event }) => event === null || stored.has(id));
}

/** The change with the highest number. */
export async function lastChange({ changes }: Collections): Promise<ChangeDocument> {
  const [last] = await changes.find().sort({ _id: -1 }).limit(1).toArray();
  // Nothing removes it.
  if (!last) throw new Error('The database has lost the beginning of its changes');
  return last;
}

/** A change without its number. */
interface Dated {
  at: number;
  change: Omit<ChangeDocument, '_id'>;
}

/**
 * The revision of each is computed back from that of the conversation, since the outbox has every later
 * rise. Clocks of processes differ: here no change has an earlier time than the one before it.
 */
function changesIn(conversation: Pending): Dated[] {
  const { ownerId, id: conversationId, outbox = [] } = conversation;
  let revision = outbox.reduce((left, { raises }) => left - raises, revisionOf(conversation));
  let latest = 0;
  return outbox.flatMap(({ id, at, raises, time, event }) => {
    revision += raises;
    latest = Math.max(latest, at);
    const change = { id, ownerId, conversationId, revision, time, event };
    return event ? [{ at: latest, change }] : [];
  });
}

/**
 * The ids of those that have a number now. A number that was removed can be given again by a process that
 * stood still since it read the last one: readers are behind it, so it is taken back.
 */
async function store(
  { changes }: Collections,
  numbered: readonly ChangeDocument[],
): Promise<string[]> {
  const ids = numbered.map(({ id }) => id);
  if (ids.length === 0) return [];
  try {
    await changes.insertMany(numbered, { ordered: true });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
  const found = await changes
    .find({ $or: [{ _id: 0 }, { id: { $in: ids } }] })
    .sort({ _id: 1 })
    .project<Pick<ChangeDocument, '_id' | 'id' | 'removed'>>({ id: 1, removed: 1 })
    .toArray();
  const removed = found[0]?.removed ?? 0;
  const late = found.flatMap(({ _id }) => (_id > 0 && _id < removed ? [_id] : []));
  if (late.length > 0) await changes.deleteMany({ _id: { $in: late } });
  return found.flatMap(({ _id, id }) => (_id >= removed ? [id] : []));
}

/**
 * A change is removed only with all before it, whose revisions are computed with it. Each is named by
 * its whole value: conditions on elements of an array do not exist on every server.
 */
async function removeRecords(
  { conversations }: Collections,
  pending: readonly Pending[],
  isDone: (change: RecordedChange) => boolean,
): Promise<void> {
  const done = pending.flatMap(({ outbox = [] }) => {
    const left = outbox.findIndex((change) => !isDone(change));
    return left === -1 ? outbox : outbox.slice(0, left);
  });
  if (done.length === 0) return;
  const keys = pending.map(({ _id }) => _id);
  // In one update: several in one command make FerretDB wait for itself.
  await conversations.updateMany({ _id: { $in: keys } }, { $pullAll: { outbox: done } });
}
