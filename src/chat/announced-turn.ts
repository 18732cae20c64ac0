import type { Response } from 'express';
import { releaseLargeBody } from '../common/http/body/large-bodies.js';
import type { AnswerResponder } from '../generation/answer-responder.js';
import { addTokenLimits } from '../generation/token-limit-headers.js';
import { TokensLimitError } from '../generation/tokens-limit-error.js';
import type { TurnAnswer } from './chat.service.js';

/**
 * Begins a turn, and says in the headers of the response which generation answers it and where its key
 * stands; the latter also where it is refused by a quota. The place that a large body has in memory is
 * free again then. Throws what `begin` throws.
 *
 * @param tellLimits sets the headers of where the key stands
 */
export async function announcedTurn(
  response: Response,
  responder: Pick<AnswerResponder, 'announce'>,
  begin: () => Promise<TurnAnswer>,
  tellLimits = addTokenLimits,
): Promise<TurnAnswer> {
  try {
    const turn = await begin();
    tellLimits(response, turn.limits);
    responder.announce(response, turn.answer, turn.replayed);
    return turn;
  } catch (error) {
    if (error instanceof TokensLimitError) tellLimits(response, error.limits);
    throw error;
  } finally {
    releaseLargeBody(response);
  }
}
