import type { StagedMessage, StagedTurn } from '../../domain/generation.js';

type EarlierMessage = Pick<StagedMessage, 'id' | 'content' | 'createdAt'> | null;

/** What a release wrote that knew no ids of clients and no answers from elsewhere. */
type WrittenMessage = Omit<StagedMessage, 'clientId' | 'parts'> &
  Partial<Pick<StagedMessage, 'clientId' | 'parts'>>;

/** What every release wrote of a staged turn. */
interface First extends Pick<StagedTurn, 'replacesMessageId'> {
  newConversation: { title: string; createdAt: number; chatId?: string | null } | null;
}

/** A staged turn as releases before `messages` wrote it: it may still be there after an upgrade. */
interface EarlierTurn extends First {
  messages?: undefined;
  systemMessage: EarlierMessage;
  userMessage: EarlierMessage;
}

/** One of a later release: the first of them had no branches. */
interface LaterTurn extends First, Partial<Pick<StagedTurn, 'firstTitle' | 'parentId'>> {
  messages: readonly WrittenMessage[];
}

/** A staged turn that was stored as it is, by this release or an earlier one. */
export type WrittenTurn = LaterTurn | EarlierTurn;

export function readTurn(turn: WrittenTurn): StagedTurn {
  const { newConversation, replacesMessageId } = turn;
  return {
    newConversation: newConversation && { chatId: null, ...newConversation },
    ...placeOf(turn),
    messages: messagesOf(turn).map((message) => ({ clientId: null, parts: null, ...message })),
    replacesMessageId,
  };
}

function placeOf(turn: WrittenTurn) {
  if (!turn.messages) return { firstTitle: null, parentId: null };
  const { firstTitle = null, parentId = null } = turn;
  return { firstTitle, parentId };
}

function messagesOf(turn: WrittenTurn): readonly WrittenMessage[] {
  if (turn.messages) return turn.messages;
  return [...plain('system', turn.systemMessage), ...plain('user', turn.userMessage)];
}

function plain(role: 'system' | 'user', message: EarlierMessage): WrittenMessage[] {
  return message ? [{ ...message, role, images: null, toolAnswer: null }] : [];
}
