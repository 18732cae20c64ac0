import { Body, Controller, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { announcedTurn } from '../../chat/announced-turn.js';
import { STATELESS_REASONS, StatelessService } from '../../chat/stateless.service.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import { rateLimitConfig } from '../../config/namespaces.js';
import { AnswerResponder } from '../../generation/answer-responder.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../../openapi/decorators/api-event-stream.js';
import { ApiIdempotencyKey } from '../../openapi/decorators/request-headers.js';
import { GenerationBudget } from '../../rate-limit/budget.decorator.js';
import { toLoadAnswer, toWholeAnswer } from './answer-fields.js';
import { NDJSON } from './ndjson-format.js';
import { OllamaBody } from './ollama-body.js';
import { toCommand, type Sent } from './ollama-command.js';
import { CHAT_BODY, CHAT_DOCUMENTS, GENERATE_BODY, GENERATE_DOCUMENTS } from './ollama-document.js';
import { OllamaModels } from './ollama-models.js';
import {
  readChatRequest,
  readGenerateRequest,
  type OllamaRequest,
} from './request/ollama-request.js';

const STREAM =
  'Lines of JSON; with `stream: false` one object. Nothing of it enters the history. If the client ' +
  'disconnects, the answer is cancelled.';

/** The routes of Ollama that answer, for its own clients. */
@ApiTags('Ollama')
@ApiErrors(...STATELESS_REASONS)
@GenerationBudget()
@Controller('ollama/api')
export class OllamaController {
  constructor(
    private readonly answers: StatelessService,
    private readonly responder: AnswerResponder,
    private readonly models: OllamaModels,
    @Inject(rateLimitConfig.KEY) private readonly rateLimit: ConfigType<typeof rateLimitConfig>,
  ) {}

  @ApiOperation({
    operationId: 'ollamaChat',
    summary: 'Chat as with Ollama',
    description: `What Ollama’s clients send to \`/api/chat\`. ${STREAM}`,
  })
  @ApiBody(CHAT_BODY)
  @ApiIdempotencyKey()
  @ApiEventStream('The answer.', ...CHAT_DOCUMENTS)
  @HttpCode(HttpStatus.OK)
  @Post('chat')
  chat(
    @Body() body: OllamaBody,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const sent: Sent = { route: 'chat', request, context, rateLimit: this.rateLimit };
    return this.answer(readChatRequest(body), body, sent, response);
  }

  @ApiOperation({
    operationId: 'ollamaGenerate',
    summary: 'Complete a prompt as with Ollama',
    description: `What Ollama’s clients send to \`/api/generate\`. ${STREAM}`,
  })
  @ApiBody(GENERATE_BODY)
  @ApiIdempotencyKey()
  @ApiEventStream('The answer.', ...GENERATE_DOCUMENTS)
  @HttpCode(HttpStatus.OK)
  @Post('generate')
  generate(
    @Body() body: OllamaBody,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const sent: Sent = { route: 'generate', request, context, rateLimit: this.rateLimit };
    return this.answer(readGenerateRequest(body), body, sent, response);
  }

  private async answer(
    asked: OllamaRequest,
    body: OllamaBody,
    sent: Sent,
    response: Response,
  ): Promise<void> {
    const { route, context } = sent;
    if (asked.messages.length === 0) {
      await this.models.usable(asked.model, context.grant?.models ?? null);
      response.json(toLoadAnswer(asked.model, route, Date.now()));
      return;
    }
    const { answer, replayed } = await announcedTurn(response, this.responder, async () =>
      this.answers.begin(await toCommand(asked, body, sent)),
    );
    if (asked.stream) {
      const newTurnOf = replayed ? null : 'ollama';
      await this.responder.stream(response, answer, { format: NDJSON[route], newTurnOf });
      return;
    }
    const end = await this.responder.whole(response, answer);
    if (end) response.json(toWholeAnswer(answer, end, route));
  }
}
