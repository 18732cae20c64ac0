import type { Conversation, ConversationHead } from '../../../domain/conversation.js';
import type { MessageWindow } from '../../conversation-store.js';
import type { Collections } from '../database/collections.js';
import type { Link } from '../documents/message-document.js';
import { activeIn } from './active-generations.js';
import { isInTree, linkOf } from './branch-finder.js';
import { stateOf, toHead, type ConversationState } from './conversation-state.js';
import { completePending, pendingOf } from './pending.js';
import { readEnd, readNewest } from './window-reader.js';
import { namedIn, seenIn, type Seen } from './window.js';

type Wanted = Partial<MessageWindow>;

/** Two round trips, and one more for an answer that is being written, or a branch that is not active. */
export async function readConversation(
  collections: Collections,
  _id: string,
  window: Wanted = {},
): Promise<Conversation | 'message_not_found' | null> {
  const found = await look(collections, _id, window);
  // Messages are missing: they are being deleted, and the next read confirms it. If not, they were
  // lost by other means, and the rest is shown.
  const again = found?.isWhole === false ? await look(collections, _id, window) : found;
  return again?.conversation ?? null;
}

interface Look {
  conversation: Conversation | 'message_not_found';
  isWhole: boolean;
}

async function look(collections: Collections, _id: string, window: Wanted): Promise<Look | null> {
  const opened = await open(collections, _id, window);
  if (opened === null) return null;
  const { state, head, seen } = opened;
  if (seen === null) return { conversation: 'message_not_found', isWhole: true };
  const { messages, isWhole } = seen.isAll
    ? await readNewest(collections, state, seen.before, window.limit)
    : await readEnd(collections, state, seen, window.limit);
  return { conversation: { ...head, branchLength: lengthOf(state, seen), messages }, isWhole };
}

/** A conversation without its messages. */
export async function readHead(
  collections: Collections,
  _id: string,
): Promise<Opened['head'] | null> {
  return (await open(collections, _id, {}))?.head ?? null;
}

/** Where messages are read from: along a branch, or all that were made before a place. */
export type Sight = ({ isAll: false } & Seen) | { isAll: true; before: number | null };

export interface Opened {
  state: ConversationState;
  head: Omit<ConversationHead, 'branchLength'>;
  /** Null: the window names a message that is not there. */
  seen: Sight | null;
}

export async function open(
  collections: Collections,
  _id: string,
  window: Wanted,
): Promise<Opened | null> {
  const named = namedIn(window);
  const [document, active, link] = await Promise.all([
    collections.conversations.findOne({ _id }),
    activeIn(collections, [_id]),
    named === undefined ? null : linkOf(collections, _id, named),
  ]);
  if (!document || document.deletedAt !== null) return null;
  const pending = pendingOf(document);
  if (pending) {
    await completePending(collections, _id, pending);
    return open(collections, _id, window);
  }
  const state = await stateOf(collections, document);
  const head = toHead(state, active.get(_id) ?? null);
  return { state, head, seen: await sightOf(collections, state, window, link) };
}

async function sightOf(
  collections: Collections,
  state: ConversationState,
  window: Wanted,
  link: Link | null,
): Promise<Sight | null> {
  if (window.branch !== 'all') {
    const seen = await seenIn(collections, state, window, link);
    return seen && { isAll: false, ...seen };
  }
  if (window.before === undefined) return { isAll: true, before: null };
  if (window.before === state.system?.id) return { isAll: true, before: 0 };
  return link && isInTree(state, link) ? { isAll: true, before: link.seq } : null;
}

export function lengthOf(state: ConversationState, seen: Sight): number {
  const prompt = state.system ? 1 : 0;
  if (seen.isAll) return state.total + prompt;
  return seen.branch.depth + (seen.isBelowPrompt ? prompt : 0);
}
