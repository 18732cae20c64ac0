import type { MessageWindow } from '../../conversation-store.js';
import { MessageTree } from '../../rules/tree.js';
import type { Collections } from '../database/collections.js';
import type { Link } from '../documents/message-document.js';
import { EMPTY, withoutLast, type Branch } from './branch.js';
import { branchOf, extended, isInTree, skeletonOf, toNodes, type Ground } from './branch-finder.js';
import { isTop, type ConversationState } from './conversation-state.js';

/** The branch that a window reads, and whether the system prompt stands before it. */
export interface Seen {
  branch: Branch;
  isBelowPrompt: boolean;
}

/** The message that a window names; undefined: none. */
export function namedIn({ before, branch }: Partial<MessageWindow> = {}): string | undefined {
  if (before !== undefined || branch === undefined || branch === 'all') return before;
  return 'upTo' in branch ? branch.upTo : branch.through;
}

/**
 * The branch of a window; null where it names a message that the conversation does not have.
 *
 * @param link of the message that the window names
 */
export async function seenIn(
  collections: Collections,
  state: ConversationState,
  { before, branch }: Pick<Partial<MessageWindow>, 'before' | 'branch'>,
  link: Link | null,
): Promise<Seen | null> {
  if (before !== undefined) return seenAbove(collections, state, before, link);
  if (branch === undefined || branch === 'all')
    return { branch: state.active, isBelowPrompt: true };
  const found =
    'upTo' in branch
      ? await branchUpTo(collections, state, branch.upTo, link)
      : ((await branchThrough(collections, state, branch.through))?.branch ?? null);
  return found && { branch: found, isBelowPrompt: true };
}

async function seenAbove(
  collections: Collections,
  state: ConversationState,
  before: string,
  link: Link | null,
): Promise<Seen | null> {
  if (before === state.system?.id) return { branch: EMPTY, isBelowPrompt: false };
  const found = await branchTo(collections, state, link, 2);
  return found && { branch: withoutLast(found), isBelowPrompt: true };
}

/** The branch up to a message: none of the tree where it is the top, or the system prompt. */
export async function branchUpTo(
  collections: Collections,
  state: ConversationState,
  id: string,
  link: Link | null,
): Promise<Branch | null> {
  if (isTop(state, id)) return EMPTY;
  return branchTo(collections, state, link, 1);
}

async function branchTo(
  collections: Collections,
  state: Ground,
  link: Link | null,
  known: number,
): Promise<Branch | null> {
  if (!link || !isInTree(state, link)) return null;
  const branch = await branchOf(collections, state, link);
  return extended(collections, state.conversation, branch, known);
}

/** The branch through a message, on to the newest one below it; null where it is not there. */
export async function branchThrough(
  collections: Collections,
  state: ConversationState,
  id: string,
): Promise<{ branch: Branch; end: string } | null> {
  if (id === state.end) return { branch: state.active, end: id };
  const links = await skeletonOf(collections, state);
  const end = new MessageTree(toNodes(links, state.document.id)).newestBelow(id);
  const link = links.find((each) => each.id === end);
  return link ? { branch: await branchOf(collections, state, link), end: link.id } : null;
}
