import type { SystemPrompt } from '../../conversation-store.js';
import { branchOf, isInTree, linkOf, type Ground } from '../conversations/branch-finder.js';
import { EMPTY, withoutLast, type Branch } from '../conversations/branch.js';
import { limitOutbox } from '../changes/numbering.js';
import { isTop, stateOf, type ConversationState } from '../conversations/conversation-state.js';
import { growthBy } from '../conversations/growth.js';
import { preventChange } from '../conversations/message-change.js';
import { completePending, pendingOf } from '../conversations/pending.js';
import type { Collections } from '../database/collections.js';
import type { ConversationDocument } from '../documents/conversation-documents.js';
import {
  turnOf,
  type GenerationDocument,
  type TurnPlace,
} from '../documents/generation-document.js';
import type { Link } from '../documents/message-document.js';
import { stagedMessages } from './turn-documents.js';

/**
 * The places of a turn's messages; null if the conversation was deleted. The generation holds the
 * conversation's lock, and the one that held it before released it when its own messages were all
 * there: the places do not change meanwhile. What a change is about to do to messages, it does before
 * this, or not at all.
 *
 * @param parentId what the turn follows where nothing else was staged
 */
export async function placeOf(
  collections: Collections,
  generation: GenerationDocument,
  at: number,
  parentId: string | null,
): Promise<TurnPlace | null> {
  const turn = turnOf(generation);
  const { newConversation, replacesMessageId } = turn;
  const { conversation, link } = await undisturbed(
    collections,
    generation.conversation,
    turn.parentId ?? replacesMessageId,
  );
  if (!conversation) return newConversation ? placeOfNew(generation, at) : null;
  if (conversation.deletedAt !== null) return null;
  await limitOutbox(collections, conversation);
  const state = await stateOf(collections, conversation);
  const parent =
    (await stagedParent(collections, state, turn, link)) ??
    (await givenParent(collections, state, parentId)) ??
    state.active;
  return placeBehind(generation, state, parent, at);
}

/** The conversation and a message of it, which no change is about to touch. */
async function undisturbed(
  collections: Collections,
  _id: string,
  named: string | null,
): Promise<{ conversation: ConversationDocument | null; link: Link | null }> {
  for (;;) {
    const [conversation, link] = await Promise.all([
      collections.conversations.findOne({ _id }),
      named === null ? null : linkOf(collections, _id, named),
    ]);
    const pending = conversation && pendingOf(conversation);
    if (pending) await completePending(collections, _id, pending);
    else if (conversation?.deleting) await preventChange(collections, _id, conversation.deleting);
    else return { conversation, link };
  }
}

/** The branch that a turn was staged to follow; null: none, or it is not there any more. */
async function stagedParent(
  collections: Collections,
  state: ConversationState,
  { parentId, replacesMessageId }: { parentId: string | null; replacesMessageId: string | null },
  link: Link | null,
): Promise<Branch | null> {
  const found = await parentAt(collections, state, parentId, link);
  if (found || parentId !== null || replacesMessageId === null) return found;
  const replaced = await branchTo(collections, state, link);
  return replaced && withoutLast(replaced);
}

async function givenParent(
  collections: Collections,
  state: ConversationState,
  parentId: string | null,
): Promise<Branch | null> {
  if (parentId === null || parentId === state.end) return null;
  const link = await linkOf(collections, state.conversation, parentId);
  return parentAt(collections, state, parentId, link);
}

async function parentAt(
  collections: Collections,
  state: ConversationState,
  parentId: string | null,
  link: Link | null,
): Promise<Branch | null> {
  if (parentId === null) return null;
  return isTop(state, parentId) ? EMPTY : branchTo(collections, state, link);
}

async function branchTo(
  collections: Collections,
  ground: Ground,
  link: Link | null,
): Promise<Branch | null> {
  return link && isInTree(ground, link) ? branchOf(collections, ground, link) : null;
}

function placeOfNew(generation: GenerationDocument, at: number): TurnPlace {
  const system = turnOf(generation).messages.find(({ role }) => role === 'system');
  const opening: SystemPrompt | null = system
    ? { id: system.id, content: system.content, createdAt: system.createdAt }
    : null;
  const start = opening ? 2 : 1;
  return placeFrom(generation, {
    opening,
    parent: EMPTY,
    first: start,
    start,
    turns: 0,
    messageCount: 0,
    total: 0,
    chain: 0,
    firstTitle: null,
    at,
  });
}

function placeBehind(
  generation: GenerationDocument,
  { document, opening, first, last, total, chain }: ConversationState,
  parent: Branch,
  at: number,
): TurnPlace {
  const { turns, messageCount, titleBy = 'message' } = document;
  const isNamed = total > 0 || titleBy !== 'message';
  return placeFrom(generation, {
    opening,
    parent,
    first,
    start: last + 1,
    turns,
    messageCount,
    total,
    chain,
    firstTitle: isNamed ? null : turnOf(generation).firstTitle,
    at,
  });
}

interface Beginning extends Pick<TurnPlace, 'turns' | 'messageCount' | 'at'> {
  opening: SystemPrompt | null;
  /** The branch that the turn follows. */
  parent: Branch;
  /** The first place of the tree, and that of the turn. */
  first: number;
  start: number;
  total: number;
  chain: number;
  firstTitle: string | null;
}

function placeFrom(generation: GenerationDocument, beginning: Beginning): TurnPlace {
  const { parent, first, start, turns, messageCount, total, chain, at } = beginning;
  const answer = messageCount + 1 + stagedMessages(generation, { turns }).length;
  return {
    turns,
    messageCount,
    answer,
    at,
    branch: {
      ...growthBy({
        conversation: generation.conversation,
        ...{ parent, first, start, last: answer, end: generation.messageId },
        ...{ total, turns: turns + 1, chain },
      }),
      opening: beginning.opening,
      firstTitle: beginning.firstTitle,
    },
  };
}
