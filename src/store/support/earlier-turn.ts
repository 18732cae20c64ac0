import type { StagedMessage, StagedTurn } from '../../domain/generation.js';

type EarlierMessage = Pick<StagedMessage, 'id' | 'content' | 'createdAt'> | null;

/** What every release wrote of a staged turn. */
type First = Pick<StagedTurn, 'newConversation' | 'replacesMessageId'>;

/** A staged turn as releases before `messages` wrote it: it may still be there after an upgrade. */
interface EarlierTurn extends First {
  messages?: undefined;
  systemMessage: EarlierMessage;
  userMessage: EarlierMessage;
}

/** A staged turn that was stored as it is, by this release or an earlier one: they had no branches. */
export type WrittenTurn =
  (First & Pick<StagedTurn, 'messages'> & Partial<StagedTurn>) | EarlierTurn;

export function readTurn(turn: WrittenTurn): StagedTurn {
  if (turn.messages) return { firstTitle: null, parentId: null, ...turn };
  const { newConversation, replacesMessageId, systemMessage, userMessage } = turn;
  const messages = [...plain('system', systemMessage), ...plain('user', userMessage)];
  return { newConversation, firstTitle: null, parentId: null, messages, replacesMessageId };
}

function plain(role: 'system' | 'user', message: EarlierMessage): StagedMessage[] {
  return message ? [{ ...message, role, images: null, toolAnswer: null }] : [];
}
