import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { forwardedPrefix } from '../../common/http/forwarded.js';
import { NeedsScope } from '../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import { rateLimitConfig } from '../../config/namespaces.js';
import { AnswerResponder } from '../../generation/answer-responder.js';
import { CancelReceiptDto } from '../../generation/dto/generation-response.dto.js';
import { CANCEL_RECEIPT_EXAMPLE } from '../../generation/dto/generation-response.examples.js';
import { toCancelReceipt } from '../../generation/generation-presenter.js';
import { actorOf, Audit } from '../../observability/audit/audit.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../../openapi/decorators/api-event-stream.js';
import { ApiIdempotencyKey } from '../../openapi/decorators/request-headers.js';
import { GenerationBudget } from '../../rate-limit/budget.decorator.js';
import { UnlimitedIfKnown } from '../../rate-limit/unlimited-if-known.decorator.js';
import { UiChatBody, UiChatRequestDto } from './dto/ui-chat-request.dto.js';
import { UiChatDto, UiNothingRunsDto } from './dto/ui-chat.dto.js';
import { NothingRuns } from './nothing-runs.interceptor.js';
import { UiAnswers } from './ui-answers.js';
import { UiChats } from './ui-chats.js';
import { wishOf } from './ui-command.js';
import { uiRequestOf } from './ui-request.js';
import { UI_STREAM_DOCUMENT } from './ui-stream-document.js';
import { UI_STREAM } from './ui-stream-format.js';

const ChatId = (): MethodDecorator =>
  ApiParam({ name: 'chatId', description: 'The id of the chat, as the client made it.' });

const RECEIPT = {
  anyOf: [CancelReceiptDto, UiNothingRunsDto].map((type) => ({ $ref: getSchemaPath(type) })),
};

@ApiTags('AI SDK')
@ApiExtraModels(CancelReceiptDto, UiNothingRunsDto)
@ApiErrors('store_unavailable')
@Controller('chat/ui')
export class AiSdkController {
  constructor(
    private readonly answers: UiAnswers,
    private readonly chats: UiChats,
    private readonly responder: AnswerResponder,
    private readonly audit: Audit,
    @Inject(rateLimitConfig.KEY) private readonly rateLimit: ConfigType<typeof rateLimitConfig>,
  ) {}

  @ApiOperation({
    operationId: 'sendUiMessage',
    summary: 'Send a message as `useChat` does, stream the answer',
    description:
      'For `DefaultChatTransport({ api: "/api/chat/ui" })`. The history is here: of `messages` only what is ' +
      'new counts, and `{ id, message }` does as well. A chat that is not known is taken over once.',
  })
  @ApiBody({ type: UiChatRequestDto })
  @ApiIdempotencyKey()
  @ApiEventStream('The UI message stream, version 1.', UI_STREAM_DOCUMENT)
  @ApiErrors(
    'context_exceeded',
    'conversation_not_found',
    'image_not_found',
    'message_not_found',
    'model_not_found',
    'conversation_busy',
    'generation_exists',
    'idempotency_mismatch',
    'conversation_deleted',
    'conversation_full',
    'images_full',
    'tokens_limit',
    'streams_limit',
    'model_unavailable',
    'queue_full',
    'draining',
    'model_silent',
    'generation_timeout',
  )
  @GenerationBudget()
  @HttpCode(HttpStatus.OK)
  @Post()
  async send(
    @Body() body: UiChatBody,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asked = await uiRequestOf(body);
    const wish = wishOf(asked, body, request, context, this.rateLimit);
    const { answer, replayed } = await this.answers.begin(wish, asked, response);
    await this.responder.stream(response, answer, {
      format: UI_STREAM,
      newTurnOf: replayed ? null : 'ai_sdk',
    });
  }

  @ApiOperation({
    operationId: 'getUiChat',
    summary: 'Read a chat for `useChat`',
    description: 'The messages of its active branch, with the question of a turn that runs.',
  })
  @ChatId()
  @ApiOkResponse({ type: UiChatDto })
  @ApiErrors('conversation_not_found')
  @NeedsScope('read')
  @Get(':chatId')
  get(
    @Param('chatId') chatId: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<UiChatDto> {
    return this.chats.read(ownerId, chatId, forwardedPrefix(request));
  }

  @ApiOperation({
    operationId: 'resumeUiChat',
    summary: 'Join the answer that is being written',
    description: 'For `resume: true` of `useChat`: always from the beginning of the answer.',
  })
  @ChatId()
  @ApiEventStream('The UI message stream, version 1.', UI_STREAM_DOCUMENT)
  @ApiNoContentResponse({
    description: 'Nothing runs. Read the chat: the answer may just have ended.',
  })
  @NeedsScope('read')
  @Get(':chatId/stream')
  async stream(
    @Param('chatId') chatId: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const running = await this.chats.running(ownerId, chatId, forwardedPrefix(request));
    if (running === null) {
      response.status(HttpStatus.NO_CONTENT).end();
      return;
    }
    this.responder.announce(response, running.answer, false);
    await this.responder.resume(response, running.answer, { format: running.format });
  }

  @ApiOperation({
    operationId: 'stopUiChat',
    summary: 'Stop the answer that is being written',
    description:
      '`stop()` of `useChat` only closes the connection; this ends the answer, and responds after its end.',
  })
  @ChatId()
  @ApiOkResponse({
    schema: RECEIPT,
    example: CANCEL_RECEIPT_EXAMPLE,
    description: 'How it ended, or that nothing ran.',
  })
  @ApiErrors('requests_limit')
  // It counts what is not there before that is told to be no failure.
  @UnlimitedIfKnown()
  @UseInterceptors(NothingRuns)
  @HttpCode(HttpStatus.OK)
  @Post(':chatId/stop')
  async stop(
    @Param('chatId') chatId: string,
    @Context() context: RequestContext,
  ): Promise<CancelReceiptDto | UiNothingRunsDto> {
    const receipt = await this.chats.stop(context.ownerId, chatId);
    if (receipt === null) return { id: null };
    this.audit.done('generation.cancel', receipt.id, actorOf(context));
    return toCancelReceipt(receipt);
  }
}
