import { randomUUID } from 'node:crypto';
import type { DeleteMessageResult, Expected } from '../../conversation-store.js';
import { MessageTree } from '../../rules/tree.js';
import type { Collections } from '../database/collections.js';
import { placeKey, type StoredRemoval } from '../documents/conversation-documents.js';
import type { Link } from '../documents/message-document.js';
import { removeUses } from '../images/image-removal.js';
import { activeIn } from './active-generations.js';
import { EMPTY } from './branch.js';
import { branchOf, skeletonOf, toNodes } from './branch-finder.js';
import { changing, unchanged, withRevision, withTree } from './change.js';
import { eraseEnded } from './purge.js';
import { toStoredTree, type ConversationState } from './conversation-state.js';

/**
 * Deletes a message and all below it, in an order that holds against a turn that is claimed
 * meanwhile:
 *
 * 1. The conversation is marked, then no generation may run in it. One that is claimed later takes
 *    the mark away before it reads where its turn goes.
 * 2. One write, which needs the mark, makes the messages invisible: it lists their places, and has the
 *    tree without them.
 * 3. The messages are removed. A crash before that leaves them to the next deletion, or to the sweep.
 */
export function deleteMessage(
  collections: Collections,
  _id: string,
  messageId: string,
  expected: Expected,
): Promise<DeleteMessageResult> {
  return changing<DeleteMessageResult>(
    collections,
    { _id, expected },
    async ({ state, activeGenerationId }) => {
      if (state.system?.id === messageId) return { outcome: 'system_prompt' };
      if (state.document.removal) {
        await completeRemoval(collections, _id, state.document.removal);
        return 'again';
      }
      const deletion = await deletionOf(collections, state, messageId);
      if (!deletion) return { outcome: 'message_not_found' };
      if (activeGenerationId !== null) return { outcome: 'busy', activeGenerationId };
      return hide(collections, state, deletion);
    },
  );
}

interface Deletion {
  removal: StoredRemoval;
  /** The new end of the active branch; null: there is no message left. */
  end: Link | null;
}

async function deletionOf(
  collections: Collections,
  state: ConversationState,
  messageId: string,
): Promise<Deletion | null> {
  const links = await skeletonOf(collections, state);
  const tree = new MessageTree(toNodes(links, state.document.id));
  const gone = tree.below(messageId).flatMap((place) => links[place] ?? []);
  if (gone.length === 0) return null;
  const end = tree.endWithout(messageId, state.end);
  const removal = {
    token: randomUUID(),
    places: gone.map(({ seq }) => seq),
    messages: gone.filter(({ role }) => role === 'user').map(({ id }) => id),
  };
  return { removal, end: links.find(({ id }) => id === end) ?? null };
}

async function hide(
  collections: Collections,
  state: ConversationState,
  { removal, end }: Deletion,
): Promise<DeleteMessageResult | 'again'> {
  const { conversations } = collections;
  const { document, conversation: _id } = state;
  const { token, places } = removal;
  const marked = await conversations.updateOne(unchanged(document), { $set: { deleting: token } });
  if (marked.matchedCount === 0) return 'again';
  const busy = (await activeIn(collections, [_id])).get(_id);
  if (busy !== undefined) {
    await conversations.updateOne({ _id, deleting: token }, { $set: { deleting: null } });
    return { outcome: 'busy', activeGenerationId: busy };
  }
  const active = end ? await branchOf(collections, state, end) : EMPTY;
  const left = { ...state, total: state.total - places.length };
  const { matchedCount } = await conversations.updateOne(
    { ...unchanged(document), deleting: token },
    withRevision(
      {
        ...withTree(state, toStoredTree(left, active, end?.id ?? null)),
        deleting: null,
        removal,
      },
      ['messages'],
    ),
  );
  if (matchedCount === 0) return 'again';
  await completeRemoval(collections, _id, removal);
  return { outcome: 'deleted', count: places.length };
}

/**
 * Removes messages that no reader sees any more, their images, and what their generations still have of
 * them. Repeatable.
 */
export async function completeRemoval(
  collections: Collections,
  conversation: string,
  { token, places, messages }: StoredRemoval,
): Promise<void> {
  const keys = places.map((place) => placeKey(conversation, place));
  await eraseGenerations(collections, keys);
  await collections.messages.deleteMany({ _id: { $in: keys } });
  if (messages.length > 0)
    await removeUses(collections, { conversation, messageId: { $in: messages } });
  await collections.conversations.updateOne(
    { _id: conversation, 'removal.token': token },
    { $set: { removal: null } },
  );
}

async function eraseGenerations(collections: Collections, messages: string[]): Promise<void> {
  const answers = await collections.messages
    .find({ _id: { $in: messages }, generation: { $gt: '' } })
    .project<{ generation: string }>({ generation: 1 })
    .toArray();
  const keys = answers.map(({ generation }) => generation);
  if (keys.length > 0) await eraseEnded(collections, { _id: { $in: keys } });
}

/** Completes removals that a crash interrupted. */
export async function completeRemovals(collections: Collections): Promise<void> {
  const open = await collections.conversations.find({ 'removal.token': { $gt: '' } }).toArray();
  for (const { _id, removal } of open)
    if (removal) await completeRemoval(collections, _id, removal);
}

/** Takes away the mark of a deletion that has not come about: it begins again, and finds what runs. */
export async function preventDeletion(
  { conversations }: Collections,
  _id: string,
  deleting: string,
): Promise<void> {
  await conversations.updateOne({ _id, deleting }, { $set: { deleting: null } });
}
