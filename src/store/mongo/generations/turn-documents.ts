import type { ChangeEvent } from '../../../domain/change.js';
import type { GenerationStatus, StagedMessage } from '../../../domain/generation.js';
import { STATUS_OF_END } from '../../rules/end.js';
import { linkIn } from '../conversations/growth.js';
import {
  recordedChange,
  recordedChanges,
  type RecordedChange,
} from '../documents/change-documents.js';
import {
  chatFields,
  NO_SETTINGS,
  type ConversationDocument,
  placeKey,
} from '../documents/conversation-documents.js';
import { givenDocument, type MessageDocument } from '../documents/message-document.js';
import {
  turnOf,
  type GenerationDocument,
  type TurnPlace,
} from '../documents/generation-document.js';

/**
 * What stands before the answer of a turn that is not committed yet, in order. A conversation that is
 * there already, since another first turn came before this one, keeps its own system prompt.
 */
export function stagedMessages(
  generation: Pick<GenerationDocument, 'turn'>,
  { turns }: Pick<TurnPlace, 'turns'>,
): readonly StagedMessage[] {
  const { messages } = turnOf(generation);
  return turns === 0 ? messages : messages.filter(({ role }) => role !== 'system');
}

/** The messages of a turn, at the places before its answer. */
export function questionDocuments(
  generation: GenerationDocument,
  place: TurnPlace,
): MessageDocument[] {
  const { conversation } = generation;
  return stagedMessages(generation, place).map((message, index) => {
    const seq = place.messageCount + 1 + index;
    return { ...givenDocument(conversation, seq, message), ...inTree(place, seq) };
  });
}

/** The answer as it is now: streaming, or as it ended. */
export function answerDocument(generation: GenerationDocument, place: TurnPlace): MessageDocument {
  const { conversation } = generation;
  return {
    _id: placeKey(conversation, place.answer),
    conversation,
    seq: place.answer,
    ...inTree(place, place.answer),
    id: generation.messageId,
    role: 'assistant',
    createdAt: place.at,
    model: generation.model,
    generationId: generation.id,
    generation: generation._id,
    ...answerState(generation),
  };
}

/** What says where a message is in the tree. */
function inTree({ branch }: TurnPlace, seq: number): Partial<MessageDocument> {
  return branch ? linkIn(branch, seq) : {};
}

/** The fields of an answer that change with its end. */
export function answerState({ end }: GenerationDocument) {
  return {
    content: end?.response ?? '',
    status: end ? STATUS_OF_END[end.status] : ('streaming' as const),
    finishReason: end?.finishReason ?? null,
    usage: end?.usage ?? null,
    parts: end?.parts ?? null,
  };
}

/** The state of a conversation after the turn. */
export function conversationState(generation: GenerationDocument, place: TurnPlace) {
  const { turns, messageCount, answer, at, branch } = place;
  const { end } = generation;
  return {
    turns: turns + 1,
    messageCount: Math.max(messageCount, answer),
    updatedAt: end?.finishedAt ?? at,
    ...(end && { filled: turns + 1 }),
    ...(branch && { tree: branch.tree, opening: branch.opening }),
  };
}

/** What becomes of a conversation with the turn. */
export function recordedTurn(generation: GenerationDocument, place: TurnPlace): RecordedChange[] {
  const { end } = generation;
  const events: [number, ChangeEvent][] =
    place.turns === 0 ? [[place.at, { type: 'conversation.created' }]] : [];
  events.push([place.at, turnEvent(generation, 'running')]);
  if (end) events.push([end.finishedAt, turnEvent(generation, end.status)]);
  return recordedChanges(events);
}

/** The end of a turn that was committed before. */
export function recordedEnd(
  generation: GenerationDocument,
  raises: RecordedChange['raises'],
): RecordedChange[] {
  const { end } = generation;
  return end ? [recordedChange(turnEvent(generation, end.status), end.finishedAt, raises)] : [];
}

function turnEvent(
  { id: generationId, messageId }: GenerationDocument,
  status: GenerationStatus,
): ChangeEvent {
  const type = status === 'running' ? 'generation.started' : 'generation.ended';
  return { type, generationId, messageId, status };
}

/** The conversation that a turn opens. */
export function newConversation(
  generation: GenerationDocument,
  place: TurnPlace,
): ConversationDocument {
  const { conversation, ownerId, conversationId } = generation;
  const { newConversation: opened } = turnOf(generation);
  const { system: _system, ...settings } = NO_SETTINGS;
  return {
    _id: conversation,
    ownerId,
    id: conversationId,
    title: opened?.title ?? '',
    createdAt: opened?.createdAt ?? place.at,
    ...settings,
    ...chatFields(opened?.chatId),
    disposable: generation.isKept ?? null,
    tags: [],
    ...conversationState(generation, place),
    deletedAt: null,
    purged: false,
    outbox: recordedTurn(generation, place),
  };
}
