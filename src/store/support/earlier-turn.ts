import type { StagedMessage, StagedTurn } from '../../domain/generation.js';

type EarlierMessage = Pick<StagedMessage, 'id' | 'content' | 'createdAt'> | null;

/** A staged turn as releases before `messages` wrote it: it may still be there after an upgrade. */
interface EarlierTurn extends Omit<StagedTurn, 'messages'> {
  messages?: undefined;
  systemMessage: EarlierMessage;
  userMessage: EarlierMessage;
}

/** A staged turn that was stored as it is, by this release or an earlier one. */
export type WrittenTurn = StagedTurn | EarlierTurn;

export function readTurn(turn: WrittenTurn): StagedTurn {
  if (turn.messages) return turn;
  const { newConversation, replacesMessageId, systemMessage, userMessage } = turn;
  const messages = [...plain('system', systemMessage), ...plain('user', userMessage)];
  return { newConversation, replacesMessageId, messages };
}

function plain(role: 'system' | 'user', message: EarlierMessage): StagedMessage[] {
  return message ? [{ ...message, role, images: null, toolAnswer: null }] : [];
}
