import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import { useKey } from '../documents/image-documents.js';
import { keepExisting } from './put-image.js';

/**
 * Lets copies of messages use the same images. The uses come first, as of an image that is put: see
 * `removeUnused`. Repeatable.
 *
 * @param sharing - `_id`s of two conversations; `messages`: id of each message → id of its copy
 * @returns false if an image was removed before that
 */
export async function shareUses(
  collections: Collections,
  { from, to, messages }: { from: string; to: string; messages: ReadonlyMap<string, string> },
): Promise<boolean> {
  const { imageUses } = collections;
  const uses = await imageUses
    .find({ conversation: from, messageId: { $in: [...messages.keys()] } })
    .toArray();
  const copies = uses.map(({ image, messageId: original }) => {
    const messageId = messages.get(original) ?? '';
    return { _id: useKey(messageId, image), image, conversation: to, messageId, openSince: null };
  });
  await insertIfAbsent(imageUses, copies);
  for (const image of new Set(uses.map((use) => use.image)))
    if (!(await keepExisting(collections, image))) return false;
  return true;
}
