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
import { Context, type RequestContext } from '../common/http/request-context.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../openapi/decorators/api-event-stream.js';
import { ApiLastEventId } from '../openapi/decorators/request-headers.js';
import { UnlimitedIfKnown } from '../rate-limit/unlimited-if-known.decorator.js';
import { AnswerResponder } from './answer-responder.js';
import { CancelReceiptDto, GenerationResponseDto } from './dto/generation-response.dto.js';
import { CANCEL_RECEIPT_EXAMPLE, GENERATION_EXAMPLES } from './dto/generation-response.examples.js';
import { ResumeQueryDto } from './dto/resume-query.dto.js';
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
    private readonly responder: AnswerResponder,
  ) {}

  /** The state of a generation, with its text so far. Available for 24 hours. */
  @ApiOperation({
    operationId: 'getGeneration',
    summary: 'Look at a generation, with its text so far',
    description: 'While it runs, and for 24 hours after its end, however it was started.',
  })
  @ApiOkResponse({ type: GenerationResponseDto, examples: GENERATION_EXAMPLES })
  @Get(':id')
  async get(
    @GenerationId() id: string,
    @Context() context: RequestContext,
  ): Promise<GenerationResponseDto> {
    return toGenerationResponse(await this.generations.find(context.ownerId, id));
  }

  /** Joins a generation, or resumes it after the last event that was read. */
  @ApiOperation({
    operationId: 'resumeGeneration',
    summary: 'Join or resume the stream of a generation',
    description:
      'Each later event once, in order, as it was or as it comes; an ended generation is replayed to its end. Any number of readers may follow one generation.\n\nThis page shows a stream only once it has ended; `curl -N` or an `EventSource` shows it as it comes.',
  })
  @ApiLastEventId()
  @ApiEventStream(
    'The events after that number, each with its `id:` line, as they were or as they come.',
    NUMBERED_SSE_DOCUMENT,
  )
  @ApiNoContentResponse({ description: 'Everything was read: an `EventSource` stops here.' })
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
      after: query.after,
      lastEventId: request.get('Last-Event-ID'),
    });
  }

  /** Stops a generation; what there was by then. Repeatable. */
  @ApiOperation({
    operationId: 'cancelGeneration',
    summary: 'Cancel a generation, get a receipt',
    description:
      'Answers once it has ended, with what there was by then. For one that had ended by itself, the answer says how. The text stays in the history. It is never limited, but an id that is not there counts as a read.',
  })
  @ApiOkResponse({
    type: CancelReceiptDto,
    description: 'It has ended; this is how.',
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
    return toCancelReceipt(await this.generations.cancel(context.ownerId, id));
  }
}
