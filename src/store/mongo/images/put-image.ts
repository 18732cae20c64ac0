import { randomUUID } from 'node:crypto';
import type { NewImage } from '../../../domain/image.js';
import type { ImageUse } from '../../image-store.js';
import { fits } from '../../rules/images.js';
import { storeContended } from '../../store-errors.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { owned } from '../documents/conversation-documents.js';
import { useDocument } from '../documents/image-documents.js';
import { changing, insertPieces, removePieces } from './image-content.js';
import { removeUses } from './image-removal.js';

/**
 * Stores an image for a message. The use comes first, so that whoever removes the image meanwhile
 * counts it: see `removeUnused`. Two that put the same image at once both write its bytes; the first
 * one's stay.
 */
export async function putImage(
  collections: Collections,
  use: ImageUse,
  image: NewImage,
  maxBytes: number,
): Promise<'stored' | 'full'> {
  const { _id, ...fields } = useDocument(use, image.id);
  const known = await collections.imageUses.findOne({ _id });
  if (known?.openSince !== null)
    await collections.imageUses.updateOne(
      { _id },
      { $set: { ...fields, openSince: Date.now() } },
      { upsert: true },
    );
  if (await keepExisting(collections, fields.image)) return 'stored';
  const hasRoom = fits(await usedBytes(collections, use.ownerId), image.bytes, maxBytes);
  if (hasRoom) await insertImage(collections, use.ownerId, image);
  // Others may have put images since the sum was made.
  if (hasRoom && (await usedBytes(collections, use.ownerId)) <= maxBytes) return 'stored';
  await removeUses(collections, { _id });
  return 'full';
}

/** Takes the mark of a removal away; false if there is no such image. */
export async function keepExisting({ images }: Collections, _id: string): Promise<boolean> {
  const { matchedCount } = await images.updateOne({ _id }, { $set: { removing: null } });
  return matchedCount === 1;
}

async function insertImage(
  collections: Collections,
  ownerId: string,
  image: NewImage,
): Promise<void> {
  const { mediaType, bytes } = image;
  const _id = owned(ownerId, image.id);
  const content = randomUUID();
  const isOurs = await changing(collections, { content, image: _id }, async () => {
    await insertPieces(collections, content, image);
    const document = { _id, ownerId, mediaType, bytes, content, removing: null };
    do {
      if ((await insertIfAbsent(collections.images, [document])).length === 0) return;
    } while (!(await keepExisting(collections, _id)));
    await removePieces(collections, content);
  });
  if (isOurs) return;
  // The sweep took its pieces for those of a crash.
  await collections.images.deleteOne({ _id, content });
  throw storeContended();
}

export async function usedBytes({ images }: Collections, ownerId: string): Promise<number> {
  const [sum] = await images
    .aggregate<{
      bytes: number;
    }>([{ $match: { ownerId } }, { $group: { _id: '$ownerId', bytes: { $sum: '$bytes' } } }])
    .toArray();
  return sum?.bytes ?? 0;
}
