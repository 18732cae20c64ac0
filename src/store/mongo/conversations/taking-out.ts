import { randomUUID } from 'node:crypto';
import type { TakeOutResult } from '../../conversation-results.js';
import type { Collections } from '../database/collections.js';
import type { Link } from '../documents/message-document.js';
import type { StoredPending } from '../documents/conversation-documents.js';
import { skeletonOf } from './branch-finder.js';
import { endOf } from './branch.js';
import { changingAny, withTree, type Fields } from './change.js';
import { toStoredTree, type ConversationState } from './conversation-state.js';
import { changeMessages } from './message-change.js';
import { completeRemoval, removalOf } from './message-removal.js';
import { completePending } from './pending.js';
import { RestOfTree } from './rest-of-tree.js';

/**
 * Takes messages out. One write hides them, and says where those below them are then; a crash after it
 * leaves the rest to the next who reads or changes the conversation, or to the sweep.
 */
export function takeOut(
  collections: Collections,
  _id: string,
  messageIds: readonly string[],
): Promise<TakeOutResult> {
  const named = new Set(messageIds);
  return changingAny<TakeOutResult>(collections, _id, async ({ state, activeGenerationId }) => {
    if (state.document.removal) {
      await completeRemoval(collections, _id, state.document.removal);
      return 'again';
    }
    if (activeGenerationId !== null) return { outcome: 'busy', activeGenerationId };
    const links = await skeletonOf(collections, state);
    const gone = links.filter(({ id }) => named.has(id));
    if (gone.length === 0) return { outcome: 'taken_out', left: state.total };
    return changeTo(collections, state, links, gone);
  });
}

async function changeTo(
  collections: Collections,
  state: ConversationState,
  links: readonly Link[],
  gone: readonly Link[],
): Promise<TakeOutResult | 'again'> {
  const { conversation: _id } = state;
  const removal = removalOf(gone);
  const rest = new RestOfTree(state, links, new Set(removal.places));
  const left = state.total - gone.length;
  const pending = pendingMoves(links, rest);
  const set = { ...treeFields(state, links, rest, left), removal, pending };
  const changed = await changeMessages(collections, state, set);
  if (changed !== 'changed') return changed;
  if (pending) await completePending(collections, _id, pending);
  await completeRemoval(collections, _id, removal);
  return { outcome: 'taken_out', left };
}

function treeFields(
  state: ConversationState,
  links: readonly Link[],
  rest: RestOfTree,
  total: number,
): Fields {
  const before = links.find(({ id }) => id === state.end);
  const active = rest.branchTo(rest.stayingAt(before?.seq ?? 0));
  const end = links.find(({ seq }) => seq === endOf(active));
  return withTree(state, toStoredTree({ ...state, total }, active, end?.id ?? null));
}

function pendingMoves(links: readonly Link[], { moved: runs }: RestOfTree): StoredPending | null {
  if (runs.length === 0) return null;
  const moved = 1 + links.reduce((most, link) => Math.max(most, link.moved ?? 0), 0);
  return { token: randomUUID(), added: [], runs, moved };
}
