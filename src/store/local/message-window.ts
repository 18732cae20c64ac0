import type { MessageWindow } from '../conversation-store.js';
import { isOneBranch } from '../rules/tree.js';
import { placeInTree } from './conversation-change.js';
import { placesBetween, type StoredConversation } from './stored-conversation.js';

/** The messages of a window. */
export interface WindowPlaces {
  /** In the order made, which is the order of a branch. */
  places: readonly number[];
  /** Length of the branch that is read, up to its end. */
  branchLength: number;
}

type Branch = Exclude<MessageWindow['branch'], 'all'>;

/** Null if the window names a message that the conversation does not have. */
export function placesIn(
  conversation: StoredConversation,
  window: Partial<MessageWindow>,
): WindowPlaces | null {
  const { branch } = window;
  if (branch === 'all' || isOneBranch(conversation.heading))
    return placesOfAll(conversation, window);
  return placesOfBranch(conversation, branch, window);
}

function placesOfAll(
  conversation: StoredConversation,
  { branch, before, limit = Infinity }: Partial<MessageWindow>,
): WindowPlaces | null {
  const { messages } = conversation;
  const branchLength = lengthOfOnly(conversation, branch);
  const end = before === undefined ? branchLength : messages.placeOf(before);
  if (branchLength === -1 || end === -1) return null;
  return { places: placesBetween(Math.max(0, end - limit), end), branchLength };
}

/** Of a conversation of one branch; -1 for an unknown message. */
function lengthOfOnly(conversation: StoredConversation, branch: MessageWindow['branch']): number {
  const { heading, messages } = conversation;
  if (branch === undefined || branch === 'all') return messages.length;
  if ('through' in branch)
    return isTurnMessage(conversation, branch.through) ? messages.length : -1;
  const end = placeInTree(conversation, branch.upTo);
  if (end === heading.id) return messages.hasSystem ? 1 : 0;
  return end === null ? -1 : messages.placeOf(end) + 1;
}

function placesOfBranch(
  conversation: StoredConversation,
  branch: Branch,
  { before, limit = Infinity }: Partial<MessageWindow>,
): WindowPlaces | null {
  const { messages } = conversation;
  const tree = messages.tree();
  const end = endOf(conversation, branch);
  const last = before === undefined ? end : tree.parentOf(before);
  if (end === null || last === null) return null;
  const system = messages.hasSystem ? [0] : [];
  const branchLength = tree.depthOf(end) + system.length;
  if (before !== undefined && !isTurnMessage(conversation, before))
    return { places: [], branchLength };
  const path = tree.pathTo(last, limit);
  const isWhole = path.length < limit && path.length === tree.depthOf(last);
  return { places: isWhole ? [...system, ...path] : path, branchLength };
}

/** The end of a branch, the conversation's id for the top; null for an unknown message. */
function endOf(conversation: StoredConversation, branch: Branch): string | null {
  const { heading } = conversation;
  if (!branch) return heading.activeMessageId ?? heading.id;
  return 'through' in branch
    ? newestBelow(conversation, branch.through)
    : placeInTree(conversation, branch.upTo);
}

/** The end of the branch through a message; null for an unknown one and for the system prompt. */
export function newestBelow(conversation: StoredConversation, id: string): string | null {
  if (!isTurnMessage(conversation, id)) return null;
  const { heading, messages } = conversation;
  return isOneBranch(heading) ? heading.activeMessageId : messages.tree().newestBelow(id);
}

function isTurnMessage({ messages }: StoredConversation, id: string): boolean {
  return messages.placeOf(id) >= (messages.hasSystem ? 1 : 0);
}
