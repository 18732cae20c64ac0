import type { StagedMessage } from '../../../domain/generation.js';
import { STATUS_OF_END } from '../../rules/end.js';
import { encodeBeside } from '../../support/answer-json.js';
import { readTurn } from '../../support/earlier-turn.js';
import {
  type ConversationDocument,
  placeKey,
  type MessageDocument,
} from '../documents/conversation-documents.js';
import type { GenerationDocument, TurnPlace } from '../documents/generation-document.js';

/** What stands before the answer of a turn that is not committed yet, in order. */
export function stagedMessages({
  turn,
}: Pick<GenerationDocument, 'turn'>): readonly StagedMessage[] {
  return turn ? readTurn(turn).messages : [];
}

/** The messages of a turn, at the places before its answer. */
export function questionDocuments(
  generation: GenerationDocument,
  place: TurnPlace,
): MessageDocument[] {
  const { conversation } = generation;
  return stagedMessages(generation).map((message, index) => {
    const seq = place.messageCount + 1 + index;
    return {
      _id: placeKey(conversation, seq),
      conversation,
      seq,
      id: message.id,
      role: message.role,
      content: message.content,
      createdAt: message.createdAt,
      status: 'complete',
      model: null,
      finishReason: null,
      usage: null,
      parts: encodeBeside(message),
      generationId: null,
      generation: null,
    };
  });
}

/** The answer as it is now: streaming, or as it ended. */
export function answerDocument(generation: GenerationDocument, place: TurnPlace): MessageDocument {
  const { conversation } = generation;
  return {
    _id: placeKey(conversation, place.answer),
    conversation,
    seq: place.answer,
    id: generation.messageId,
    role: 'assistant',
    createdAt: place.at,
    model: generation.model,
    generationId: generation.id,
    generation: generation._id,
    ...answerState(generation),
  };
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
  return {
    turns: place.turns + 1,
    messageCount: Math.max(place.messageCount, place.answer),
    updatedAt: generation.end?.finishedAt ?? place.at,
  };
}

/** The conversation that a turn opens. */
export function newConversation(
  generation: GenerationDocument,
  place: TurnPlace,
): ConversationDocument {
  const { conversation, ownerId, conversationId, turn } = generation;
  return {
    _id: conversation,
    ownerId,
    id: conversationId,
    title: turn?.newConversation?.title ?? '',
    createdAt: turn?.newConversation?.createdAt ?? place.at,
    ...conversationState(generation, place),
    deletedAt: null,
    purged: false,
  };
}
