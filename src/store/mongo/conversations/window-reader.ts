import type { BranchMessage } from '../../../domain/conversation.js';
import type { Collections } from '../database/collections.js';
import type { ConversationDocument } from '../documents/conversation-documents.js';
import { newest } from './branch.js';
import { extended } from './branch-finder.js';
import type { ConversationState } from './conversation-state.js';
import { systemMessage } from '../../rules/given-message.js';
import { readAll, readPath, type Path } from './message-reader.js';
import type { Seen } from './window.js';

/** What is read of a conversation, and whether all that was asked for was there. */
export interface Found {
  messages: BranchMessage[];
  isWhole: boolean;
}

/** The newest messages of a branch. */
export async function readEnd(
  collections: Collections,
  state: ConversationState,
  seen: Seen,
  limit?: number,
): Promise<Found> {
  const path = await pathTo(collections, state, seen, limit);
  const placed = await readPath(collections, state, path);
  const messages = [...path.prompt, ...placed.map(({ message }) => message)];
  return { messages, isWhole: placed.length === path.count };
}

interface WantedPath extends Path {
  /** How many messages it shows, and the system prompt where it stands before them. */
  count: number;
  prompt: BranchMessage[];
}

export async function pathTo(
  collections: Collections,
  state: ConversationState,
  { branch, isBelowPrompt }: Seen,
  limit = Infinity,
): Promise<WantedPath> {
  const count = Math.min(limit, branch.depth);
  const beginsAtTop = count === branch.depth;
  const wanted = beginsAtTop ? count : count + 1;
  const known = await extended(collections, state.conversation, branch, wanted);
  const prompt = beginsAtTop && isBelowPrompt ? promptBefore(state, count, limit) : [];
  return { runs: newest(known, wanted), beginsAtTop, count, prompt };
}

/** The system prompt where it is shown before messages that begin at the top: if there is room. */
export function promptBefore(
  { system, document }: ConversationState,
  count: number,
  limit: number,
): BranchMessage[] {
  if (!system || count >= limit) return [];
  return [{ ...systemMessage(document.id, system), siblings: [system.id] }];
}

/** The messages that were made last, whatever branch they are on. */
export async function readNewest(
  collections: Collections,
  state: ConversationState,
  before: number | null,
  limit = Infinity,
): Promise<Found> {
  const { document, total } = state;
  const newestFirst = madeBefore(collections, state, before).sort({ seq: -1 });
  const found = await (limit === Infinity ? newestFirst : newestFirst.limit(limit)).toArray();
  const isWhole =
    before === null
      ? found.length === Math.min(total, limit)
      : await isUnchanged(collections, document);
  const placed = await readAll(collections, state, found.reverse());
  const prompt = before === 0 ? [] : promptBefore(state, found.length, limit);
  return { messages: [...prompt, ...placed.map(({ message }) => message)], isWhole };
}

export function madeBefore(
  { messages }: Collections,
  { conversation, first, last, hidden }: ConversationState,
  before: number | null,
  from = first,
) {
  const seq = { $gte: from, $lte: before === null ? last : before - 1 };
  return messages.find({
    conversation,
    seq: hidden.size > 0 ? { ...seq, $nin: [...hidden] } : seq,
  });
}

async function isUnchanged(
  { conversations }: Collections,
  { _id, turns, changes }: ConversationDocument,
): Promise<boolean> {
  const now = await conversations.findOne({ _id }, { projection: { turns: 1, changes: 1 } });
  return now?.turns === turns && now.changes === changes;
}
