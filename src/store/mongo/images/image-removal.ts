import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { Collections } from '../database/collections.js';
import type { ImageUseDocument } from '../documents/image-documents.js';
import { changing, removePieces } from './image-content.js';

/**
 * Removes uses, and the images that no message uses any more. The images are marked first: after a
 * crash the next sweep finds them. Repeatable.
 */
export async function removeUses(
  collections: Collections,
  which: Filter<ImageUseDocument>,
): Promise<void> {
  const { images, imageUses } = collections;
  const uses = await imageUses.find(which).project<{ image: string }>({ image: 1 }).toArray();
  if (uses.length === 0) return;
  const ids = [...new Set(uses.map(({ image }) => image))];
  await images.updateMany({ _id: { $in: ids } }, { $set: { removing: randomUUID() } });
  await imageUses.deleteMany(which);
  for (const id of ids) await removeUnused(collections, id);
}

/**
 * Removes an image unless a message uses it. It is marked before its uses are counted, and removed
 * only with the same mark: who puts it again stores the use first and then takes the mark away, so
 * either the use is counted or the mark is gone, or the image is gone and put anew.
 */
export async function removeUnused(collections: Collections, image: string): Promise<void> {
  const { images, imageUses } = collections;
  const removing = randomUUID();
  const marked = await images.findOneAndUpdate({ _id: image }, { $set: { removing } });
  if (!marked) return;
  if (await imageUses.findOne({ image })) {
    await images.updateOne({ _id: image, removing }, { $set: { removing: null } });
    return;
  }
  const { content } = marked;
  await changing(collections, { content, image }, async () => {
    const { deletedCount } = await images.deleteOne({ _id: image, removing });
    if (deletedCount === 1) await removePieces(collections, content);
  });
}

/** Completes removals that a crash interrupted. */
export async function completeRemovals(collections: Collections): Promise<void> {
  const marked = await collections.images.find({ removing: { $gt: '' } }).toArray();
  for (const { _id } of marked) await removeUnused(collections, _id);
}
