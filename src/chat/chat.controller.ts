import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { ConfigType } from '@nestjs/config';
import { forwardedPrefix } from '../common/http/forwarded.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { rateLimitConfig } from '../config/namespaces.js';
import { AnswerResponder } from '../generation/answer-responder.js';
import { GenerationResponseDto } from '../generation/dto/generation-response.dto.js';
import { STARTED_EXAMPLE } from '../generation/dto/generation-response.examples.js';
import { toGenerationResponse } from '../generation/generation-presenter.js';
import { GenerationViews } from '../generation/generation-views.js';
import { SSE_DOCUMENT } from '../generation/sse/sse-document.js';
import { NUMBERED_SSE, SSE } from '../generation/sse/sse-format.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../openapi/decorators/api-event-stream.js';
import {
  ApiIdempotencyKey,
  ApiIfMatch,
  ApiLastEventIdOfRetry,
  ApiPrefer,
} from '../openapi/decorators/request-headers.js';
import { GenerationBudget } from '../rate-limit/budget.decorator.js';
import { announcedTurn } from './announced-turn.js';
import { toChatResponse } from './chat-presenter.js';
import { chatRequestFacts, toCommand, type ChatRequestFacts } from './chat-request.js';
import { ChatService, type TurnAnswer } from './chat.service.js';
import { ChatRequestDto } from './dto/chat-request.dto.js';
import { CHAT_REQUEST_EXAMPLES } from './dto/chat-request.examples.js';
import { ChatResponseDto } from './dto/chat-response.dto.js';
import { CHAT_RESPONSE_EXAMPLE } from './dto/chat-response.examples.js';
import { readImages } from './images/read-images.js';

@ApiTags('Chat')
@ApiErrors(
  'context_exceeded',
  'conversation_not_found',
  'message_not_found',
  'model_not_found',
  'conversation_busy',
  'generation_exists',
  'idempotency_mismatch',
  'conversation_deleted',
  'conversation_full',
  'conversation_changed',
  'images_full',
  'tokens_limit',
  'model_unavailable',
  'store_unavailable',
  'queue_full',
  'draining',
  'model_silent',
  'generation_timeout',
)
@GenerationBudget()
@Controller('chat')
export class ChatController {
  constructor(
    private readonly chat: ChatService,
    private readonly views: GenerationViews,
    private readonly responder: AnswerResponder,
    @Inject(rateLimitConfig.KEY) private readonly rateLimit: ConfigType<typeof rateLimitConfig>,
  ) {}

  /** Sends a message and answers with the whole answer. */
  @ApiOperation({
    operationId: 'sendMessage',
    summary: 'Send a message, get the whole answer',
    description:
      'Continues `conversation_id`, or starts a new conversation. The response is sent when the ' +
      'answer is complete.',
  })
  @ApiBody({ type: ChatRequestDto, examples: CHAT_REQUEST_EXAMPLES })
  @ApiIdempotencyKey()
  @ApiIfMatch(' Only with `conversation_id`.')
  @ApiPrefer()
  @ApiOkResponse({
    type: ChatResponseDto,
    description: 'The whole answer.',
    example: CHAT_RESPONSE_EXAMPLE,
  })
  @ApiResponse({
    status: HttpStatus.ACCEPTED,
    type: GenerationResponseDto,
    example: STARTED_EXAMPLE,
    description:
      'With `Prefer: respond-async`: the generation has started. Poll `Location` until it has ' +
      'ended. With `return=minimal` the body is empty.',
  })
  @HttpCode(HttpStatus.OK)
  @Post()
  async send(
    @Body() body: ChatRequestDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ChatResponseDto | GenerationResponseDto | undefined> {
    const facts = chatRequestFacts(request, 'chat');
    const { answer } = await this.begin(body, facts, context, response);
    const later = facts.respondAsync;
    if (later && !(await this.responder.endsWithin(response, answer, later.waitMs))) {
      const { generationId } = answer;
      const prefix = forwardedPrefix(request);
      response.status(HttpStatus.ACCEPTED).location(`${prefix}/api/generations/${generationId}`);
      const applied = later.minimal ? 'respond-async, return=minimal' : 'respond-async';
      response.setHeader('Preference-Applied', applied);
      if (later.minimal) return undefined;
      return toGenerationResponse(await this.views.find(context.ownerId, generationId), prefix);
    }
    const end = await this.responder.whole(response, answer);
    return end ? toChatResponse(answer, end) : undefined;
  }

  /** Sends a message and streams the answer, token by token. */
  @ApiOperation({
    operationId: 'streamMessage',
    summary: 'Send a message, stream the answer',
    description:
      'The body is that of `POST /api/chat`. The response headers name conversation and ' +
      'generation before the first token. If the client disconnects, the answer is cancelled ' +
      'unless `on_disconnect` says otherwise.\n\nThis page shows a stream only after its end; ' +
      '`curl -N` shows each token when it arrives.',
  })
  @ApiBody({ type: ChatRequestDto, examples: CHAT_REQUEST_EXAMPLES })
  @ApiIdempotencyKey()
  @ApiIfMatch(' Only with `conversation_id`.')
  @ApiLastEventIdOfRetry()
  @ApiEventStream(
    'One block per event: `{"token": …}` for each piece of text, then one `{"done": true, …}` or ' +
      'one `{"error": …}`. A stream that ends with neither was interrupted.',
    SSE_DOCUMENT,
  )
  @ApiNoContentResponse({
    description:
      'A retry by a client that already has the last event: there are no further events.',
  })
  @ApiErrors('streams_limit')
  @HttpCode(HttpStatus.OK)
  @Post('stream')
  async stream(
    @Body() body: ChatRequestDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const facts = chatRequestFacts(request, 'stream');
    const { answer, replayed } = await this.begin(body, facts, context, response);
    await this.responder.stream(response, answer, {
      format: body.stream_options?.ids ? NUMBERED_SSE : SSE,
      phases: body.stream_options?.phases ?? false,
      // Only a retry can resume after an event: a new answer has no events yet.
      newTurnOf: replayed ? null : 'chat',
      lastEventId: replayed ? request.get('Last-Event-ID') : undefined,
    });
  }

  private begin(
    body: ChatRequestDto,
    facts: ChatRequestFacts,
    context: RequestContext,
    response: Response,
  ): Promise<TurnAnswer> {
    return announcedTurn(response, this.responder, async () => {
      const images = body.images === undefined ? [] : await readImages(body.images);
      // The body lives as long as the answer; what is as large as images must not.
      if (body.images) body.images = [];
      const command = toCommand(body, facts, context, this.rateLimit, images);
      return this.chat.beginTurn(command, images);
    });
  }
}
