import type { Filter } from 'mongodb';
import type {
  ConversationPage,
  ConversationSummary,
  TagCount,
} from '../../../domain/conversation.js';
import type { ListFilter, ListRequest } from '../../conversation-store.js';
import type { Collections } from '../database/collections.js';
import { owned, type ConversationDocument } from '../documents/conversation-documents.js';
import { activeIn } from './active-generations.js';
import { statesOf, toSummary } from './conversation-state.js';

type Conditions = Filter<ConversationDocument>;

/**
 * Two round trips: total and page, then the running generations in them. One more for conversations
 * that a release without branches wrote last.
 */
export async function readPage(
  collections: Collections,
  ownerId: string,
  request: ListRequest,
): Promise<ConversationPage> {
  const listed = listedBy(ownerId, request);
  const [total, documents] = await Promise.all([
    collections.conversations.countDocuments(listed),
    pageOf(collections, listed, request),
  ]);
  const [states, active] = await Promise.all([
    statesOf(collections, documents),
    activeIn(
      collections,
      documents.map(({ _id }) => _id),
    ),
  ]);
  return {
    total,
    conversations: states.map((state) => toSummary(state, active.get(state.conversation) ?? null)),
  };
}

/** Two round trips, and one more as above. */
export async function readSummaries(
  collections: Collections,
  ownerId: string,
  ids: readonly string[],
): Promise<ConversationSummary[]> {
  const keys = ids.map((id) => owned(ownerId, id));
  const [documents, active] = await Promise.all([
    collections.conversations.find({ _id: { $in: keys }, deletedAt: null }).toArray(),
    activeIn(collections, keys),
  ]);
  const states = await statesOf(collections, documents);
  return states.map((state) => toSummary(state, active.get(state.conversation) ?? null));
}

function listedBy(ownerId: string, { archived, pinned, tag }: ListFilter): Conditions {
  return {
    ownerId,
    deletedAt: null,
    ...(archived !== null && { archived: archived || null }),
    ...(pinned !== null && { pinned: pinned || null }),
    ...(tag !== null && { tags: tag }),
  };
}

function pageOf(
  { conversations }: Collections,
  listed: Conditions,
  { sort, order, limit, from, until }: ListRequest,
): Promise<ConversationDocument[]> {
  const conditions = [listed];
  if (until !== null) conditions.push({ [sort]: { $lte: until } });
  if ('after' in from) {
    const { time, id } = from.after;
    const later = order === 'desc' ? { $lt: time } : { $gt: time };
    const orSame = order === 'desc' ? { $lte: time } : { $gte: time };
    // The first says in one range where an index begins.
    conditions.push(
      { [sort]: orSame },
      { $or: [{ [sort]: later }, { [sort]: time, id: { $gt: id } }] },
    );
  }
  const found = conversations
    .find(conditions.length > 1 ? { $and: conditions } : listed)
    .sort({ [sort]: order === 'desc' ? -1 : 1, id: 1 });
  return ('offset' in from ? found.skip(from.offset) : found).limit(limit).toArray();
}

/** Only conversations that have tags are looked at. */
export async function countTags(
  { conversations }: Collections,
  ownerId: string,
): Promise<TagCount[]> {
  const counts = await conversations
    .aggregate<{ _id: string; count: number }>([
      { $match: { ownerId, deletedAt: null, tags: { $gt: '' } } },
      { $unwind: '$tags' },
      { $group: { _id: '$tags', count: { $sum: 1 } } },
    ])
    .toArray();
  return counts
    .map(({ _id: tag, count }) => ({ tag, count }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.tag), Buffer.from(b.tag)));
}
