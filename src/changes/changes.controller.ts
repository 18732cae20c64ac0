import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { invalidField } from '../common/errors/app-error.js';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiEventStream } from '../openapi/decorators/api-event-stream.js';
import { ApiLastCursor } from '../openapi/decorators/request-headers.js';
import { CURSOR } from '../store/change-feed.js';
import { CHANGES_DOCUMENT } from './change-json.js';
import { ChangeReaders } from './change-readers.js';
import { EventsQueryDto } from './dto/events-query.dto.js';

@ApiTags('Events')
@ApiErrors('streams_limit', 'store_unavailable')
@NeedsScope('read')
@Controller('events')
export class ChangesController {
  constructor(private readonly readers: ChangeReaders) {}

  @ApiOperation({
    operationId: 'streamEvents',
    summary: 'Follow the changes of all conversations',
    description:
      'What any device does is told to all within a second: conversations that are made, changed, ' +
      'deleted, and answers that begin and end. Each event has a cursor as its `id`; a reader that ' +
      'comes back with it (an `EventSource` does) gets what happened meanwhile, each event once and ' +
      'in order, then `ready`. Without one it gets `ready` first, and then what happens.\n\nThis page ' +
      'shows a stream only after its end; `curl -N` or an `EventSource` shows each event when it ' +
      'arrives.',
  })
  @ApiLastCursor()
  @ApiEventStream('Events, each with its `id:` line, without an end.', CHANGES_DOCUMENT)
  @Get()
  async stream(
    @Query() { after }: EventsQueryDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const last = request.get('Last-Event-ID');
    if (last !== undefined && !CURSOR.test(last)) {
      throw invalidField({
        field: 'Last-Event-ID',
        message: 'must be the id of an event of this stream',
      });
    }
    await this.readers.open(response, context, last ?? after ?? null);
  }
}
