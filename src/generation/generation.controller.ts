import {
  Controller,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { forwardedPrefix } from '../common/http/forwarded.js';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { actorOf, Audit } from '../observability/audit/audit.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../openapi/decorators/api-event-stream.js';
import { ApiLastEventId } from '../openapi/decorators/request-headers.js';
import { UnlimitedIfKnown } from '../rate-limit/unlimited-if-known.decorator.js';
import { AnswerResponder } from './answer-responder.js';
import { CancelReceiptDto, GenerationResponseDto } from './dto/generation-response.dto.js';
import { CANCEL_RECEIPT_EXAMPLE, GENERATION_EXAMPLES } from './dto/generation-response.examples.js';
import { ResumeQueryDto } from './dto/resume-query.dto.js';
import { GenerationViews } from './generation-views.js';
import { toCancelReceipt, toGenerationResponse } from './generation-presenter.js';
import { GenerationService } from './generation.service.js';
import { NUMBERED_SSE_DOCUMENT } from './sse/sse-document.js';
import { NUMBERED_SSE } from './sse/sse-format.js';

const GenerationId = (): ParameterDecorator =>
  Param('id', new IdPipe('generation_not_found', 'Generation not found'));

@ApiTags('Generations')
@ApiErrors('generation_not_found', 'store_unavailable')
@Controller('generations')
export class GenerationController {
  constructor(
    private readonly generations: GenerationService,
    private readonly views: GenerationViews,
    private readonly responder: AnswerResponder,
    private readonly audit: Audit,
  ) {}

  /** The state of a generation, with its text so far. Available for 24 hours. */
  @ApiOperation({
    operationId: 'getGeneration',
    summary: 'Read a generation, with its text so far',
    description: 'Available while it runs and for 24 hours after its end, however it was started.',
  })
  @ApiOkResponse({ type: GenerationResponseDto, examples: GENERATION_EXAMPLES })
  @NeedsScope('read')
  @Get(':id')
  async get(
    @GenerationId() id: string,
    @Context() context: RequestContext,
    @Req() request: Request,
  ): Promise<GenerationResponseDto> {
    const view = await this.views.find(context.ownerId, id);
    return toGenerationResponse(view, forwardedPrefix(request));
  }

  /** Joins a generation, or resumes it after the last event that was read. */
  @ApiOperation({
    operationId: 'resumeGeneration',
    summary: 'Join or resume the stream of a generation',
    description:
      'Sends each later event once, in order, both stored and new events; an ended generation is ' +
      'replayed to its end. Any number of readers may follow one generation.\n\nThis page shows ' +
      'a stream only after its end; `curl -N` or an `EventSource` shows each event when it ' +
      'arrives.',
  })
  @ApiLastEventId()
  @ApiEventStream('The events after that number, each with its `id:` line.', NUMBERED_SSE_DOCUMENT)
  @ApiNoContentResponse({
    description: 'There are no further events: an `EventSource` stops here.',
  })
  @NeedsScope('read')
  @Get(':id/stream')
  async stream(
    @GenerationId() id: string,
    @Query() query: ResumeQueryDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const answer = await this.generations.answer(context.ownerId, id);
    this.responder.announce(response, answer, false);
    await this.responder.resume(response, answer, {
      format: NUMBERED_SSE,
      phases: query.phases === 'true',
      after: query.after,
      lastEventId: request.get('Last-Event-ID'),
    });
  }

  /** Stops a generation and returns its receipt. Repeatable. */
  @ApiOperation({
    operationId: 'cancelGeneration',
    summary: 'Cancel a generation',
    description:
      'The response is sent after the generation has ended, with its text so far. If it had ' +
      'already ended, the response says how. The text stays in the history. The route is never ' +
      'limited, but an unknown id counts as a read.',
  })
  @ApiOkResponse({
    type: CancelReceiptDto,
    description: 'The generation has ended; the receipt says how.',
    example: CANCEL_RECEIPT_EXAMPLE,
  })
  @ApiErrors('requests_limit')
  @UnlimitedIfKnown()
  @HttpCode(HttpStatus.OK)
  @Post(':id/cancel')
  async cancel(
    @GenerationId() id: string,
    @Context() context: RequestContext,
  ): Promise<CancelReceiptDto> {
    const receipt = await this.generations.cancel(context.ownerId, id);
    this.audit.done('generation.cancel', id, actorOf(context));
    return toCancelReceipt(receipt);
  }
}
