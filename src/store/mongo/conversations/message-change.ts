import { randomUUID } from 'node:crypto';
import type { Busy } from '../../conversation-results.js';
import type { Collections } from '../database/collections.js';
import { activeIn } from './active-generations.js';
import { unchanged, withRevision, type Fields } from './change.js';
import type { ConversationState } from './conversation-state.js';

/**
 * Changes the messages of a conversation in which nothing runs, in an order that holds against a turn
 * that is claimed meanwhile:
 *
 * 1. The conversation is marked, then no generation may run in it. One that is claimed later takes
 *    the mark away before it reads where its turn goes.
 * 2. One write, which needs the mark, sets what the change is.
 */
export async function changeMessages(
  collections: Collections,
  { document }: ConversationState,
  set: Fields,
  time?: number,
): Promise<'changed' | 'again' | Busy> {
  const { conversations } = collections;
  const { _id } = document;
  const deleting = randomUUID();
  const marked = await conversations.updateOne(unchanged(document), { $set: { deleting } });
  if (marked.matchedCount === 0) return 'again';
  const busy = (await activeIn(collections, [_id])).get(_id);
  if (busy !== undefined) {
    await preventChange(collections, _id, deleting);
    return { outcome: 'busy', activeGenerationId: busy };
  }
  const { matchedCount } = await conversations.updateOne(
    { ...unchanged(document), deleting },
    withRevision({ ...set, deleting: null }, ['messages'], time),
  );
  return matchedCount === 0 ? 'again' : 'changed';
}

/** Takes away the mark of a change that has not come about: it begins again, and finds what runs. */
export async function preventChange(
  { conversations }: Collections,
  _id: string,
  deleting: string,
): Promise<void> {
  await conversations.updateOne({ _id, deleting }, { $set: { deleting: null } });
}
