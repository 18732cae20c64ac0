import type { Collections } from '../database/collections.js';
import { placeIn, placeKey } from '../documents/conversation-documents.js';
import type { MessageDocument } from '../documents/message-document.js';
import { isInTree, type Ground } from './branch-finder.js';

/** A message's place, and its parent's: 0 at the top. */
export interface Placed {
  place: number;
  parent: number;
}

type Child = Pick<MessageDocument, 'id' | 'seq' | 'parent'>;

/**
 * Ids of the messages with the same parent as each of these, itself too, in the order made, by its
 * place; one round trip. A child of a message is at the next place, or stores its parent.
 */
export async function siblingsAt(
  collections: Collections,
  ground: Ground,
  placed: readonly Placed[],
): Promise<Map<number, string[]>> {
  const children = new Map<number, Child[]>();
  for (const child of await childrenOf(collections, ground, placed)) {
    const parent = parentOf(child, ground);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = new Map<number, string[]>();
  for (const { place, parent } of placed) {
    const all = children.get(parent) ?? [];
    // Not itself: what a release without branches wrote behind a gap.
    if (all.some(({ seq }) => seq === place))
      found.set(
        place,
        all.map(({ id }) => id),
      );
  }
  return found;
}

async function childrenOf(
  { messages }: Collections,
  ground: Ground,
  placed: readonly Placed[],
): Promise<Child[]> {
  const { conversation } = ground;
  const parents = [...new Set(placed.map(({ parent }) => parent))];
  const next = parents.map((parent) => nextPlace(parent, ground));
  const keys = (places: readonly number[]) => places.map((place) => placeKey(conversation, place));
  const found = await messages
    .find({
      $or: [
        { conversation, parent: { $in: keys(parents) } },
        { conversation, _id: { $in: keys(next) } },
      ],
    })
    .project<Child>({ id: 1, seq: 1, parent: 1 })
    .toArray();
  return found.filter((child) => isInTree(ground, child)).sort((a, b) => a.seq - b.seq);
}

/** Where the child of a message is that does not store its parent. */
function nextPlace(parent: number, { first }: Ground): number {
  return parent === 0 ? first : parent + 1;
}

function parentOf({ seq, parent }: Child, { first }: Ground): number {
  if (parent !== undefined) return placeIn(parent);
  return seq === first ? 0 : seq - 1;
}
