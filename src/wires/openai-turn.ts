import type { Response } from 'express';
import { announcedTurn } from '../chat/announced-turn.js';
import type { TurnAnswer } from '../chat/chat.service.js';
import { remainingOf, type TokenLimit } from '../domain/token-limits.js';
import type { AnswerResponder } from '../generation/answer-responder.js';
import { addTokenLimits } from '../generation/token-limit-headers.js';

/** As `announcedTurn`, with the quota of which the least is left in the headers of OpenAI's API beside. */
export function announcedOpenAiTurn(
  response: Response,
  responder: Pick<AnswerResponder, 'announce'>,
  begin: () => Promise<TurnAnswer>,
): Promise<TurnAnswer> {
  return announcedTurn(response, responder, begin, addOpenAiTokenLimits);
}

function addOpenAiTokenLimits(response: Response, limits: readonly TokenLimit[]): void {
  addTokenLimits(response, limits);
  const [nearest] = limits.toSorted((a, b) => remainingOf(a) - remainingOf(b));
  if (!nearest) return;
  response.setHeader('X-RateLimit-Limit-Tokens', nearest.limit);
  response.setHeader('X-RateLimit-Remaining-Tokens', remainingOf(nearest));
}
