import { randomUUID } from 'node:crypto';
import { Binary } from 'mongodb';
import type { NewImage } from '../../../domain/image.js';
import type { Collections } from '../database/collections.js';
import { pieceKey } from '../documents/image-documents.js';

/**
 * Runs a change of a content; a crash leaves it to `completeChanges`.
 *
 * @returns whether the change was not completed by a sweep before its end: a process may have been
 *   suspended for that long
 */
export async function changing(
  { imageChanges }: Collections,
  { content, image }: { content: string; image: string },
  change: () => Promise<void>,
): Promise<boolean> {
  const _id = randomUUID();
  await imageChanges.insertOne({ _id, content, image, at: Date.now(), taken: false });
  await change();
  const { deletedCount } = await imageChanges.deleteOne({ _id, taken: false });
  return deletedCount === 1;
}

/** One after the other: a server may refuse what is too much at once. */
export async function insertPieces(
  { imagePieces }: Collections,
  content: string,
  image: NewImage,
): Promise<void> {
  let place = 0;
  for (const piece of image.pieces()) {
    const _id = pieceKey(content, place);
    await imagePieces.insertOne({ _id, content, data: new Binary(piece) });
    place += 1;
  }
}

export async function readPiece(
  { imagePieces }: Collections,
  content: string,
  place: number,
): Promise<Buffer | null> {
  const piece = await imagePieces.findOne({ _id: pieceKey(content, place) });
  return piece && Buffer.from(piece.data.buffer);
}

export async function removePieces({ imagePieces }: Collections, content: string): Promise<void> {
  await imagePieces.deleteMany({ content });
}

/** Removes contents that no image has, of changes that a crash interrupted. */
export async function completeChanges(collections: Collections, before: number): Promise<void> {
  const { imageChanges, images } = collections;
  const old = { at: { $lt: before } };
  for (const { _id, content, image } of await imageChanges.find(old).toArray()) {
    const taken = await imageChanges.updateOne({ _id }, { $set: { taken: true } });
    if (taken.matchedCount === 0) continue;
    const holder = await images.findOne({ _id: image });
    if (holder?.content !== content) await removePieces(collections, content);
    await imageChanges.deleteOne({ _id });
  }
}
