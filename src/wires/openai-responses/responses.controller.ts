import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { forwardedPrefix } from '../../common/http/forwarded.js';
import { NeedsScope } from '../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import { rateLimitConfig } from '../../config/namespaces.js';
import type { Answer } from '../../generation/answer.js';
import { AnswerResponder } from '../../generation/answer-responder.js';
import { actorOf, Audit } from '../../observability/audit/audit.js';
import { ApiErrorForm } from '../../openapi/decorators/api-error-form.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../../openapi/decorators/api-event-stream.js';
import { ApiTokenHeaders } from '../../openapi/decorators/api-token-headers.js';
import { ApiIdempotencyKey } from '../../openapi/decorators/request-headers.js';
import { GenerationBudget } from '../../rate-limit/budget.decorator.js';
import { UnlimitedIfKnown } from '../../rate-limit/unlimited-if-known.decorator.js';
import { OPENAI_ERRORS_DOCUMENT } from '../openai-errors.js';
import { announcedOpenAiTurn } from '../openai-turn.js';
import { ITEM_LIST } from './conversations/conversations.document.js';
import { ApiItemPage, ApiResponseId, ApiResponseStreamQuery } from './api-parameters.js';
import {
  DELETED_RESPONSE,
  ONE_RESPONSE,
  RESPONSE_OR_STREAM,
  RESPONSE_REASONS,
  RESPONSE_REQUEST,
} from './openai-responses.document.js';
import { ResponseBody } from './request/response-body.js';
import { readResponseRequest, type ResponseRequest } from './request/response-request.js';
import { readStreamQuery } from './request/stream-query.js';
import { wishOf } from './response-command.js';
import { answeredResponse } from './response-object.js';
import { ResponseTurns } from './response-turns.js';
import { StoredResponses } from './stored-responses.js';
import { RESPONSE_STREAM, ResponseStreamFormat } from './stream/response-stream-format.js';

type GivenQuery = Readonly<Record<string, unknown>>;

@ApiTags('OpenAI responses')
@ApiErrorForm(OPENAI_ERRORS_DOCUMENT)
@ApiErrors('store_unavailable')
@Controller('v1/responses')
export class ResponsesController {
  constructor(
    private readonly turns: ResponseTurns,
    private readonly stored: StoredResponses,
    private readonly responder: AnswerResponder,
    private readonly audit: Audit,
    @Inject(rateLimitConfig.KEY) private readonly rateLimit: ConfigType<typeof rateLimitConfig>,
  ) {}

  /** Answers the input of the request, whole, as a stream or in the background. */
  @ApiOperation({
    operationId: 'createResponse',
    summary: 'Answer as OpenAI’s responses API does',
    description:
      'For clients of OpenAI’s API: their `base_url` is this service’s address and `/v1`. The turn becomes ' +
      'part of a conversation of the history, unless `store` is false. Unknown fields are ignored.',
  })
  @ApiBody(RESPONSE_REQUEST)
  @ApiIdempotencyKey()
  @ApiTokenHeaders()
  @ApiEventStream('The response, or with `stream` its events.', ...RESPONSE_OR_STREAM)
  @ApiErrors(...RESPONSE_REASONS)
  @GenerationBudget()
  @HttpCode(HttpStatus.OK)
  @Post()
  async create(
    @Body() body: ResponseBody,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asked = readResponseRequest(body);
    const wish = wishOf(asked, body, request, context, this.rateLimit);
    const { answer, replayed } = await announcedOpenAiTurn(response, this.responder, () =>
      this.turns.begin(wish, asked, body.input),
    );
    if (asked.stream) await this.stream(response, answer, asked, replayed);
    else if (asked.background)
      response.json(await this.stored.get(wish.ownerId, answer.generationId));
    else {
      const end = await this.responder.whole(response, answer);
      if (end) response.json(answeredResponse(answer, end));
    }
  }

  /** The response, or its events. */
  @ApiOperation({
    operationId: 'getResponse',
    summary: 'Read a response, or join its stream',
    description:
      'With `stream=true` its events from the beginning, or those after `starting_after`; running or ended.',
  })
  @ApiResponseId()
  @ApiResponseStreamQuery()
  @ApiEventStream('The response, or with `stream=true` its events.', ...RESPONSE_OR_STREAM)
  @ApiErrors('generation_not_found')
  @NeedsScope('read')
  @Get(':id')
  async get(
    @Param('id') id: string,
    @Query() query: GivenQuery,
    @Context() { ownerId }: RequestContext,
    @Res() response: Response,
  ): Promise<void> {
    const { stream, startingAfter } = readStreamQuery(query);
    if (!stream) {
      response.json(await this.stored.get(ownerId, id));
      return;
    }
    const answer = await this.stored.answer(ownerId, id, startingAfter !== null);
    this.responder.announce(response, answer, false);
    const format =
      startingAfter === null ? RESPONSE_STREAM : new ResponseStreamFormat(startingAfter);
    await this.responder.resume(response, answer, { format });
  }

  /** Stops it and takes its turn out of the conversation. */
  @ApiOperation({
    operationId: 'deleteResponse',
    summary: 'Delete a response',
    description:
      'Stops it, and takes its turn out of the conversation; what follows stays. A conversation that is ' +
      'left empty goes, unless it was made on purpose.',
  })
  @ApiResponseId()
  @ApiOkResponse(DELETED_RESPONSE)
  @ApiErrors('generation_not_found', 'conversation_busy')
  @Delete(':id')
  async remove(@Param('id') id: string, @Context() context: RequestContext) {
    const { deleted, conversationId } = await this.stored.remove(context.ownerId, id);
    if (conversationId !== null)
      this.audit.done('conversation.delete', conversationId, actorOf(context));
    return deleted;
  }

  /** Stops it; the response is sent after its end. Repeatable. */
  @ApiOperation({
    operationId: 'cancelResponse',
    summary: 'Stop a response',
    description: 'The answer is sent after the end; of one that had ended it says how.',
  })
  @ApiResponseId()
  @ApiOkResponse(ONE_RESPONSE)
  @ApiErrors('generation_not_found', 'requests_limit')
  @UnlimitedIfKnown()
  @HttpCode(HttpStatus.OK)
  @Post(':id/cancel')
  async cancel(@Param('id') id: string, @Context() context: RequestContext) {
    const { generationId, response } = await this.stored.cancel(context.ownerId, id);
    this.audit.done('generation.cancel', generationId, actorOf(context));
    return response;
  }

  /** What the client gave for it. */
  @ApiOperation({ operationId: 'listInputItems', summary: 'List the input of a response' })
  @ApiResponseId()
  @ApiItemPage()
  @ApiOkResponse(ITEM_LIST)
  @ApiErrors('generation_not_found')
  @NeedsScope('read')
  @Get(':id/input_items')
  inputItems(
    @Param('id') id: string,
    @Query() query: GivenQuery,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ) {
    return this.stored.inputItems(ownerId, id, query, forwardedPrefix(request));
  }

  private async stream(
    response: Response,
    answer: Answer,
    { background }: ResponseRequest,
    replayed: boolean,
  ): Promise<void> {
    const format = RESPONSE_STREAM;
    // The client of one in the background wants its id, to come back.
    if (background) return this.responder.resume(response, answer, { format });
    const newTurnOf = replayed ? null : 'openai_responses';
    await this.responder.stream(response, answer, { format, newTurnOf });
  }
}
