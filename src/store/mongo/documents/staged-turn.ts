import type { StagedMessage, StagedTurn } from '../../../domain/generation.js';
import { decodeParts, encodeJson } from '../../support/answer-json.js';
import { readTurn, type WrittenTurn } from '../../support/earlier-turn.js';

/**
 * A staged turn as this store has it: parts are JSON, since the arguments of a call may have any names,
 * under a name of their own, since a release that does not know them would take them for its own form.
 */
export type StoredTurn = Omit<StagedTurn, 'messages'> & { messages: readonly StoredMessage[] };

type StoredMessage = Omit<StagedMessage, 'parts'> & { answerParts: string | null };

export function toStoredTurn({ messages, ...turn }: StagedTurn): StoredTurn {
  const stored = ({ parts, ...message }: StagedMessage): StoredMessage => ({
    ...message,
    answerParts: encodeJson(parts),
  });
  return { ...turn, messages: messages.map(stored) };
}

/** A turn of this release or of an earlier one. */
export function fromStoredTurn(turn: StoredTurn | WrittenTurn): StagedTurn {
  if (!turn.messages) return readTurn(turn);
  const messages = turn.messages.map((message) => {
    if (!('answerParts' in message)) return message;
    const { answerParts, ...rest } = message;
    return { ...rest, parts: decodeParts(answerParts) };
  });
  return readTurn({ ...turn, messages });
}
