import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ConfigType } from '@nestjs/config';
import type { Request, Response } from 'express';
import { sentWish } from '../../chat/asker.js';
import { STATELESS_REASONS, StatelessService } from '../../chat/stateless.service.js';
import type { StatelessCommand } from '../../chat/stateless-command.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import { rateLimitConfig } from '../../config/namespaces.js';
import { AnswerResponder } from '../../generation/answer-responder.js';
import { DefaultModel } from '../../models/default-model.js';
import { ApiErrorForm } from '../../openapi/decorators/api-error-form.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../../openapi/decorators/api-event-stream.js';
import { ApiTokenHeaders } from '../../openapi/decorators/api-token-headers.js';
import { ApiIdempotencyKey } from '../../openapi/decorators/request-headers.js';
import { GenerationBudget } from '../../rate-limit/budget.decorator.js';
import { OPENAI_ERRORS_DOCUMENT } from '../openai-errors.js';
import { announcedOpenAiTurn } from '../openai-turn.js';
import { CHAT_COMPLETION_CHUNKS } from './chat-completion-format.js';
import { toChatCompletion } from './chat-completion-presenter.js';
import { ChatCompletionBody } from './chat-completion-body.js';
import { readChatCompletion, type ChatCompletionRequest } from './chat-completion-request.js';
import { encodeEcho } from './completion-facts.js';
import { CHAT_COMPLETION_REQUEST, CHAT_COMPLETION_STREAM } from './openai-chat.document.js';

const ROUTE = 'POST /v1/chat/completions';

@ApiTags('OpenAI chat')
@ApiErrorForm(OPENAI_ERRORS_DOCUMENT)
@ApiErrors(...STATELESS_REASONS)
@GenerationBudget()
@Controller('v1/chat/completions')
export class ChatCompletionsController {
  constructor(
    private readonly chat: StatelessService,
    private readonly responder: AnswerResponder,
    @Inject(rateLimitConfig.KEY) private readonly rateLimit: ConfigType<typeof rateLimitConfig>,
    private readonly defaultModel: DefaultModel,
  ) {}

  /** Answers the messages of the request, whole or as a stream; nothing enters the history. */
  @ApiOperation({
    operationId: 'createChatCompletion',
    summary: 'Answer messages as OpenAI’s chat API does',
    description:
      'For clients of OpenAI’s API: their `base_url` is this service’s address and `/v1`. The client keeps ' +
      'the conversation; nothing of it enters the history. Unknown fields are ignored.',
  })
  @ApiBody(CHAT_COMPLETION_REQUEST)
  @ApiIdempotencyKey()
  @ApiTokenHeaders()
  @ApiEventStream('The whole answer, or with `stream` its chunks.', ...CHAT_COMPLETION_STREAM)
  @HttpCode(HttpStatus.OK)
  @Post()
  async create(
    @Body() body: ChatCompletionBody,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const asked = await readChatCompletion(body);
    const model = asked.model ?? (await this.defaultModel.name());
    const command = this.commandOf({ ...asked, model }, body, context, request);
    const { answer, replayed } = await announcedOpenAiTurn(response, this.responder, () =>
      this.chat.begin(command),
    );
    if (!asked.stream) {
      const end = await this.responder.whole(response, answer);
      if (end) response.json(toChatCompletion(answer, end));
      return;
    }
    await this.responder.stream(response, answer, {
      format: CHAT_COMPLETION_CHUNKS,
      newTurnOf: replayed ? null : 'openai_chat',
    });
  }

  private commandOf(
    { stream, includeUsage, ...asked }: ChatCompletionRequest & { model: string },
    body: ChatCompletionBody,
    context: RequestContext,
    request: Request,
  ): StatelessCommand {
    // What is added comes first (docs/adr/0014-hidden-classes.md).
    return {
      wire: 'openai_chat',
      echo: encodeEcho({ model: asked.model, usage: includeUsage }),
      ...asked,
      ...sentWish({ request, context, rateLimit: this.rateLimit }, { route: ROUTE, body, stream }),
    };
  }
}
