import type { LocatedMessage } from '../../conversation-store.js';
import type { Collections } from '../database/collections.js';
import { LINK_FIELDS, type Link, type MessageDocument } from '../documents/message-document.js';
import { endOf, withoutLast } from './branch.js';
import { branchOf, extended, isInTree } from './branch-finder.js';
import { stateOf, type ConversationState } from './conversation-state.js';
import { idsAt, parentPlace } from './message-reader.js';
import { completePending, pendingOf } from './pending.js';

type NamedLink = Link & Pick<MessageDocument, 'clientId'>;

/**
 * Two round trips; one more for each 64 runs of the active branch, and for each message that a release
 * without branches wrote behind a tree.
 */
export async function locate(
  collections: Collections,
  _id: string,
  names: readonly string[],
): Promise<LocatedMessage[]> {
  const [document, named] = await Promise.all([
    collections.conversations.findOne({ _id }),
    namedIn(collections, _id, names),
  ]);
  if (!document || document.deletedAt !== null) return [];
  const pending = pendingOf(document);
  if (pending) {
    await completePending(collections, _id, pending);
    return locate(collections, _id, names);
  }
  const state = await stateOf(collections, document);
  const links = named.filter((link) => isInTree(state, link));
  const [{ runs }, parents] = await Promise.all([
    extended(collections, _id, state.active, state.active.depth),
    Promise.all(links.map((link) => placeOfParent(collections, state, link))),
  ]);
  const ids = await idsAt(collections, _id, parents);
  return links.map(({ id, clientId = null, role, seq }, index) => ({
    id,
    clientId,
    parentId: ids.get(parents[index] ?? 0) ?? document.id,
    role,
    active: runs.some(([first, last]) => first <= seq && seq <= last),
  }));
}

function namedIn(
  { messages }: Collections,
  conversation: string,
  names: readonly string[],
): Promise<NamedLink[]> {
  const among = { $in: [...names] };
  return messages
    .find({ conversation, $or: [{ id: among }, { clientId: among }] })
    .sort({ seq: 1 })
    .project<NamedLink>({ ...LINK_FIELDS, clientId: 1 })
    .toArray();
}

async function placeOfParent(
  collections: Collections,
  state: ConversationState,
  link: Link,
): Promise<number> {
  if (link.parent !== undefined || link.depth !== undefined || link.seq <= state.chain)
    return parentPlace(link, undefined, state);
  const branch = await branchOf(collections, state, link);
  return endOf(withoutLast(await extended(collections, state.conversation, branch, 2)));
}
