import type { FeedEntry } from '../../change-feed.js';
import { isSameMark, markOf, type ChangeMark } from '../../rules/cursor.js';
import type { Collections } from '../database/collections.js';
import { toEntry } from '../documents/change-documents.js';

/** The changes behind a mark; `'lost'` if it is none of this store's, or later ones are removed. */
export async function readBehind(
  collections: Collections,
  mark: ChangeMark,
  limit: number,
  ownerId: string | null,
): Promise<FeedEntry[] | 'lost'> {
  const found = await collections.changes
    .find({ _id: { $gt: mark.number }, ...(ownerId !== null && { ownerId }) })
    .sort({ _id: 1 })
    .limit(limit)
    .toArray();
  // Checked after they are read: a removal announces itself before it removes any of them.
  if (!(await isKept(collections, mark))) return 'lost';
  return found.flatMap((change) => toEntry(change) ?? []);
}

async function isKept({ changes }: Collections, mark: ChangeMark): Promise<boolean> {
  const found = await changes.find({ _id: { $in: [0, mark.number] } }).toArray();
  const removed = found.find(({ _id }) => _id === 0)?.removed ?? 0;
  const change = found.find(({ _id }) => _id === mark.number);
  if (!change || mark.number < removed) return false;
  return isSameMark(mark, markOf(change._id, change.id));
}
