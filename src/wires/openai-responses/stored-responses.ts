import { Injectable } from '@nestjs/common';
import { KeptTurns } from '../../chat/kept-turns.js';
import { AppError } from '../../common/errors/app-error.js';
import type { GenerationRecord } from '../../domain/generation.js';
import type { Answer } from '../../generation/answer.js';
import { terminalEventOf } from '../../generation/events.js';
import { inputItems } from './items/input-items.js';
import { parseResponseId, responseId } from './items/item-ids.js';
import { itemPage, readPageRequest, type ItemList } from './items/item-page.js';
import { decodeEcho } from './response-echo.js';
import { recordedFacts, ResponseView, type ResponseObject } from './response-object.js';

/** Responses that are stored, by their ids. All throw `generation_not_found`. */
@Injectable()
export class StoredResponses {
  constructor(private readonly turns: KeptTurns) {}

  async get(ownerId: string, id: string): Promise<ResponseObject> {
    return presented(await this.turns.find(ownerId, generationOf(id)));
  }

  /** @param isResumed whether the reader has the first events already: then the original ones are needed */
  answer(ownerId: string, id: string, isResumed: boolean): Promise<Answer> {
    return this.turns.answer(ownerId, generationOf(id), isResumed);
  }

  /** As it ended. */
  async cancel(
    ownerId: string,
    id: string,
  ): Promise<{ generationId: string; response: ResponseObject }> {
    const generationId = generationOf(id);
    return { generationId, response: presented(await this.turns.cancel(ownerId, generationId)) };
  }

  /** With the conversation that went with it; null: none. Throws `conversation_busy`, too. */
  async remove(
    ownerId: string,
    id: string,
  ): Promise<{ deleted: object; conversationId: string | null }> {
    const generationId = generationOf(id);
    const conversationId = await this.turns.remove(ownerId, generationId, givenBy);
    const deleted = { id: responseId(generationId), object: 'response', deleted: true };
    return { deleted, conversationId };
  }

  /** @param query `limit`, `after`, `order` as they were sent. Throws `validation`, too. */
  async inputItems(
    ownerId: string,
    id: string,
    query: Readonly<Record<string, unknown>>,
    prefix: string,
  ): Promise<ItemList> {
    const request = readPageRequest(query);
    const { record, messages } = await this.turns.given(ownerId, generationOf(id), givenBy);
    const { id: generationId, conversationId, echo } = record;
    const place = { generationId, conversationId, prefix };
    return itemPage(inputItems(messages, decodeEcho(echo).told, place), request);
  }
}

/** How many messages of its turn the client gave. */
function givenBy({ echo }: GenerationRecord): number {
  return decodeEcho(echo).given;
}

/** A record as its clients read it. */
function presented(record: GenerationRecord): ResponseObject {
  const { response, parts, status, finishedAt } = record;
  return new ResponseView(recordedFacts(record)).object({
    written: { response, parts },
    end: terminalEventOf(record),
    isQueued: status === 'queued',
    finishedAt,
  });
}

/** What cannot be an id is as unknown as any other. */
function generationOf(id: string): string {
  const generationId = parseResponseId(id);
  if (generationId === null) throw new AppError('generation_not_found', 'Response not found');
  return generationId;
}
