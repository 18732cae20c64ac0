import type { Collections } from '../database/collections.js';
import { REMOVED } from '../documents/change-documents.js';

/** Changes at a time. */
const CHUNK = 10_000;

/**
 * Removes the first changes, up to one that is not from before a time. Number and id of the last one of
 * them stay, for the cursor behind it. The removal is announced first: see `readBehind`. Repeatable.
 *
 * @param last a change after which all changes were given numbers once more: what is removed up to it is
 *   in no outbox any more, and is not given a number again
 */
export async function removeChanges(
  { changes }: Collections,
  before: number,
  last: number,
): Promise<void> {
  const kept = await changes
    .find({ _id: { $gt: 0 }, time: { $gte: before } })
    .sort({ _id: 1 })
    .limit(1)
    .toArray();
  const through = Math.min(last, kept[0] ? kept[0]._id - 1 : last);
  await changes.updateOne({ _id: 0, removed: { $lt: through } }, { $set: { removed: through } });
  await changes.updateOne({ _id: through }, { $set: REMOVED });
  for (;;) {
    const [first] = await changes
      .find({ _id: { $gt: 0, $lt: through } })
      .sort({ _id: 1 })
      .limit(1)
      .toArray();
    if (!first) return;
    const end = Math.min(first._id + CHUNK, through);
    await changes.deleteMany({ _id: { $gt: 0, $lt: end } });
  }
}
