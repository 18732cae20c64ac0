import { Injectable } from '@nestjs/common';
import type { AnswerWish } from '../../chat/chat-command.js';
import { ChatService, type TurnAnswer } from '../../chat/chat.service.js';
import { StatelessService } from '../../chat/stateless.service.js';
import { assertCallsMade } from '../../chat/tool-calls.js';
import { TurnPlaces, type TurnPlace } from '../../chat/turn-places.js';
import { AppError } from '../../common/errors/app-error.js';
import { refused } from '../given-fields.js';
import { PreviousResponseNotFound } from '../openai-errors.js';
import { InputReader, type GivenInput } from './items/read-input.js';
import type { ResponseRequest } from './request/response-request.js';
import { statelessCommand, turnCommand } from './response-command.js';
import { ResponseModels } from './response-models.js';

/** Begins the answers that clients of this API ask for. */
@Injectable()
export class ResponseTurns {
  constructor(
    private readonly chat: ChatService,
    private readonly stateless: StatelessService,
    private readonly inputs: InputReader,
    private readonly places: TurnPlaces,
    private readonly models: ResponseModels,
  ) {}

  /**
   * Throws as `ChatService.beginTurn` does, and what is wrong with the input; a response to go on with that
   * is not there is a `validation` of its own code.
   */
  async begin(wish: AnswerWish, asked: ResponseRequest, given: unknown): Promise<TurnAnswer> {
    // Before anything that may have changed since it was first sent.
    const earlier = await this.chat.replayOf(wish);
    if (earlier) return { answer: earlier, replayed: true, limits: [] };
    const input = await this.input(wish, asked, given);
    if (!asked.store) {
      await assertCallsMade(input.messages, []);
      return this.stateless.begin(statelessCommand(wish, asked, input));
    }
    // One in the background begins before its model is asked.
    if (asked.background && (asked.model !== null || asked.place.kind === 'new'))
      await this.models.assertKnown(asked.model);
    const place = await this.placeOf(wish, asked);
    try {
      return await this.turn(wish, asked, input, place);
    } catch (error) {
      if (asked.place.kind !== 'response' || place?.isCopy !== false || !isTaken(error))
        throw error;
      return this.inCopy(wish, asked, input);
    }
  }

  private async input(
    { ownerId }: AnswerWish,
    { place }: ResponseRequest,
    given: unknown,
  ): Promise<GivenInput> {
    const conversationId = place.kind === 'conversation' ? place.conversationId : null;
    const input = await this.inputs.read(given, { ownerId, conversationId, field: 'input' });
    if (input.messages.length > 0) return input;
    throw refused('input', 'must be a text, or items with one that is not of the system');
  }

  private async placeOf(wish: AnswerWish, { place }: ResponseRequest): Promise<TurnPlace | null> {
    switch (place.kind) {
      case 'new':
        return null;
      case 'conversation':
        return inConversation(place.conversationId);
      case 'response':
        return this.behind(place.generationId, (id) => this.places.behind(wish, id));
    }
  }

  /** Another turn has begun there meanwhile. */
  private async inCopy(
    wish: AnswerWish,
    asked: ResponseRequest,
    input: GivenInput,
  ): Promise<TurnAnswer> {
    const id = asked.place.kind === 'response' ? asked.place.generationId : null;
    const copy = await this.behind(id, (known) => this.places.inCopy(wish, known));
    return this.turn(wish, asked, input, copy);
  }

  private async behind(
    id: string | null,
    find: (id: string) => Promise<TurnPlace>,
  ): Promise<TurnPlace> {
    if (id === null) throw new PreviousResponseNotFound();
    return find(id).catch((error: unknown) => {
      const isUnknown = error instanceof AppError && error.reason === 'generation_not_found';
      throw isUnknown ? new PreviousResponseNotFound() : error;
    });
  }

  /** A copy that no turn begins in goes again. */
  private async turn(
    wish: AnswerWish,
    asked: ResponseRequest,
    input: GivenInput,
    place: TurnPlace | null,
  ): Promise<TurnAnswer> {
    const command = turnCommand(wish, asked, input, place, this.models.usualAnswer);
    try {
      const turn = await this.chat.beginTurn(command, [...input.images.values()]);
      if (turn.replayed && place?.isCopy) await this.places.discardCopy(wish, place.conversationId);
      return turn;
    } catch (error) {
      if (place?.isCopy) await this.places.discardCopy(wish, place.conversationId);
      throw error;
    }
  }
}

function inConversation(conversationId: string | null): TurnPlace {
  if (conversationId !== null) return { conversationId, endsAt: null, model: null, isCopy: false };
  throw new AppError('conversation_not_found', 'Conversation not found');
}

/** Whether another turn runs there, or has ended there meanwhile. */
function isTaken(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.reason === 'conversation_busy' || error.reason === 'conversation_changed';
}
