import type { ChangeEvent } from '../../domain/change.js';
import type { GenerationEnd, StagedMessage } from '../../domain/generation.js';
import { givenMessage } from '../rules/given-message.js';
import type { GenerationRow } from './generation-row.js';
import { emptyConversation } from './new-conversation.js';
import {
  rangeBetween,
  type ConversationChange,
  type DatedEvent,
  type Heading,
  type StoredConversation,
  type StoredMessages,
} from './stored-conversation.js';
import { endedMessage, turnMessages } from './turn-messages.js';

/** The conversation with another heading. */
export function withHeading(
  { messages: stored }: StoredConversation,
  heading: Heading,
  events: readonly DatedEvent[] = [],
): ConversationChange {
  const kept = rangeBetween(0, stored.length);
  return { heading, stored, system: null, kept, added: [], events };
}

/** What becomes of a turn that is committed, for the feed. */
export function turnEvent(
  { id: generationId, messageId }: GenerationRow,
  end: GenerationEnd | null,
): ChangeEvent {
  return end
    ? { type: 'generation.ended', generationId, messageId, status: end.status }
    : { type: 'generation.started', generationId, messageId, status: 'running' };
}

/**
 * The conversation with the staged turn as messages; as it is if it has them already, null if there
 * is no conversation to put them into (it was deleted).
 *
 * @param parentId what the turn follows, if it was not staged with its parent
 */
export function withTurn(
  stored: StoredConversation | null,
  row: GenerationRow,
  now: number,
  parentId: string | null,
): ConversationChange | null {
  const base = stored ?? opened(row);
  if (!base) return null;
  const { heading, messages } = base;
  // While it runs no other generation adds messages.
  if (messages.lastId === row.messageId) return withHeading(base, heading);
  const parent = parentOfTurn(base, row, parentId);
  const added = turnMessages(row, stored ? withoutSystem(row) : row.turn.messages, parent, now);
  const { firstTitle } = row.turn;
  const isFirst = messages.length === systemCount(messages) && heading.titleBy === 'message';
  const changed: Heading = {
    ...heading,
    title: isFirst ? (firstTitle ?? heading.title) : heading.title,
    updatedAt: now,
    messageCount: lengthUpTo(base, parent) + added.length,
    messageTotal: messages.length + added.length,
    activeMessageId: row.messageId,
    revision: heading.revision + 1,
  };
  const events: ChangeEvent[] = stored ? [] : [{ type: 'conversation.created' }];
  events.push(turnEvent(row, null));
  return {
    ...withHeading(base, changed),
    added,
    events: events.map((event) => ({ time: now, event })),
  };
}

/** The conversation with the answer as it ended; as it is if it has that already, null if it was deleted. */
export async function withEnd(
  change: ConversationChange,
  row: GenerationRow,
  end: GenerationEnd,
): Promise<ConversationChange | null> {
  const { heading, stored, added } = change;
  const events = [...change.events, { time: end.finishedAt, event: turnEvent(row, end) }];
  if (stored.lastId !== row.messageId) {
    const ended = { ...heading, updatedAt: end.finishedAt };
    const answer = added.slice(-1).map((message) => endedMessage(message, end));
    return { ...change, heading: ended, added: [...added.slice(0, -1), ...answer], events };
  }
  const place = stored.length - 1;
  const [answer] = (await stored.read([place])) ?? [];
  if (!answer) return null;
  const ended = endedMessage(answer, end);
  const wasEnded = answer.status !== 'streaming';
  if (wasEnded && answer.status === ended.status && answer.content === ended.content) return change;
  return {
    ...change,
    heading: { ...heading, updatedAt: end.finishedAt, revision: heading.revision + 1 },
    kept: rangeBetween(0, place),
    added: [ended],
    // Told once, although its generation could not be ended so and ends otherwise now.
    events: wasEnded ? change.events : events,
  };
}

/** The conversation with further messages at the end of its active branch. */
export function withAppended(
  stored: StoredConversation,
  given: readonly StagedMessage[],
  now: number,
): ConversationChange {
  const { heading, messages } = stored;
  const end = heading.activeMessageId ?? heading.id;
  const added = given.map((message, place) => givenMessage(message, given[place - 1]?.id ?? end));
  const changed: Heading = {
    ...heading,
    updatedAt: now,
    messageCount: heading.messageCount + added.length,
    messageTotal: messages.length + added.length,
    activeMessageId: added.at(-1)?.id ?? heading.activeMessageId,
    revision: heading.revision + 1,
  };
  return { ...withHeading(stored, changed, [messagesChanged(now)]), added };
}

export function messagesChanged(time: number): DatedEvent {
  return { time, event: { type: 'conversation.changed', changed: ['messages'] } };
}

/** What the conversation's end is, a message's id or its own for the top, if it has such a message. */
export function placeInTree(
  { heading: { id: top }, messages }: StoredConversation,
  id: string | null,
): string | null {
  if (id === null || id === top) return id;
  const place = messages.placeOf(id);
  if (place === -1) return null;
  return place === 0 && messages.hasSystem ? top : id;
}

/** A conversation that was opened meanwhile, by another first turn, has its own system prompt or none. */
function withoutSystem({ turn: { messages } }: GenerationRow) {
  return messages.filter(({ role }) => role !== 'system');
}

function parentOfTurn(
  conversation: StoredConversation,
  { turn: { parentId, replacesMessageId } }: GenerationRow,
  read: string | null,
): string {
  const { heading, messages } = conversation;
  return (
    placeInTree(conversation, parentId) ??
    (replacesMessageId === null ? null : messages.tree().parentOf(replacesMessageId)) ??
    placeInTree(conversation, read) ??
    heading.activeMessageId ??
    heading.id
  );
}

/** How many messages a branch up to a message has, with the system prompt. */
function lengthUpTo({ heading, messages }: StoredConversation, end: string): number {
  if (end === heading.activeMessageId) return heading.messageCount;
  const system = systemCount(messages);
  return end === heading.id ? system : messages.tree().depthOf(end) + system;
}

function systemCount({ hasSystem }: StoredMessages): number {
  return hasSystem ? 1 : 0;
}

function opened({ turn, committed, ownerId, conversationId: id, isKept }: GenerationRow) {
  const { newConversation } = turn;
  return committed || !newConversation
    ? null
    : emptyConversation(ownerId, { id, ...newConversation, disposable: isKept });
}
