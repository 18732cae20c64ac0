import { randomUUID } from 'node:crypto';
import type { Expected } from '../../conversation-store.js';
import type { DeleteMessageResult } from '../../conversation-results.js';
import { MessageTree } from '../../rules/tree.js';
import type { Collections } from '../database/collections.js';
import { placeKey, type StoredRemoval } from '../documents/conversation-documents.js';
import type { Link } from '../documents/message-document.js';
import { removeUses } from '../images/image-removal.js';
import { EMPTY } from './branch.js';
import { branchOf, skeletonOf, toNodes } from './branch-finder.js';
import { changing, withTree } from './change.js';
import { toStoredTree, type ConversationState } from './conversation-state.js';
import { changeMessages } from './message-change.js';
import { eraseEnded } from './purge.js';

/**
 * Deletes a message and all below it. One write makes them invisible: it lists their places, and has the
 * tree without them. Then they are removed; a crash before that leaves them to the next deletion, or to
 * the sweep.
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
  return { removal: removalOf(gone), end: links.find(({ id }) => id === end) ?? null };
}

export function removalOf(gone: readonly Link[]): StoredRemoval {
  return {
    token: randomUUID(),
    places: gone.map(({ seq }) => seq),
    messages: gone.filter(({ role }) => role === 'user').map(({ id }) => id),
  };
}

async function hide(
  collections: Collections,
  state: ConversationState,
  { removal, end }: Deletion,
): Promise<DeleteMessageResult | 'again'> {
  const count = removal.places.length;
  const active = end ? await branchOf(collections, state, end) : EMPTY;
  const left = { ...state, total: state.total - count };
  const tree = withTree(state, toStoredTree(left, active, end?.id ?? null));
  const changed = await changeMessages(collections, state, { ...tree, removal });
  if (changed !== 'changed') return changed;
  await completeRemoval(collections, state.conversation, removal);
  return { outcome: 'deleted', count };
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
