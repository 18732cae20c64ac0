import { Readable } from 'node:stream';
import { Controller, Get, HttpStatus, Param, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { toAppError } from '../common/errors/app-error.js';
import { sendError } from '../common/errors/error-responder.js';
import { hasAlready } from '../common/http/entity-tags.js';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { IMAGE_TYPES } from '../domain/image.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { HistoryService } from './history.service.js';

/** An unknown conversation is an unknown image. */
class ImageIdPipe extends IdPipe {
  constructor() {
    super('image_not_found', 'Image not found');
  }
}

/** The bytes of an id never change. A page that shows them as a document must not run what is in them. */
const HEADERS = {
  'Cache-Control': 'private, max-age=31536000, immutable',
  'Content-Security-Policy': "default-src 'none'; sandbox",
};
/** What is sent in place of the image's own type to a client that takes only this. */
const BYTES = 'application/octet-stream';
const BINARY = { schema: { type: 'string', format: 'binary' } };

@ApiTags('History')
@ApiErrors('store_unavailable')
@Controller('history/:id/images')
export class ImagesController {
  constructor(private readonly history: HistoryService) {}

  @ApiOperation({
    operationId: 'getImage',
    summary: 'Read an image of a message',
    description:
      'Its bytes, which may be cached for good: another image has another id. They have the type of ' +
      'the image, or `application/octet-stream` if that is what `Accept` asks for.',
  })
  @ApiParam({ name: 'id', description: 'The conversation.' })
  @ApiParam({ name: 'image', description: 'The `id` of the image in a message of it.' })
  @ApiErrors('image_not_found')
  @ApiOkResponse({
    description: 'The bytes.',
    content: Object.fromEntries([...IMAGE_TYPES, BYTES].map((type) => [type, BINARY])),
  })
  @ApiResponse({
    status: HttpStatus.NOT_MODIFIED,
    description: 'The client has the image already, as its `If-None-Match` says.',
  })
  @NeedsScope('read')
  @Get(':image')
  async get(
    @Param('id', ImageIdPipe) conversationId: string,
    @Param('image', ImageIdPipe) imageId: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile | undefined> {
    const { mediaType, bytes, pieces } = await this.history.image(ownerId, conversationId, imageId);
    const etag = `"${imageId}"`;
    response.set({ ...HEADERS, ETag: etag }).vary('Accept');
    if (hasAlready(request.get('If-None-Match'), etag)) {
      response.status(HttpStatus.NOT_MODIFIED);
      return undefined;
    }
    response.set({
      'Content-Type': request.accepts([mediaType, BYTES]) || mediaType,
      'Content-Length': String(bytes),
      'Content-Disposition': `inline; filename="${fileName(imageId, mediaType)}"`,
    });
    if (request.method === 'HEAD') return undefined;
    // One piece ahead of the reader.
    const stream = Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
    return new StreamableFile(stream).setErrorHandler((error) =>
      sendError(response, toAppError(error)),
    );
  }
}

/** For those who save it: ids are too long to be read. */
function fileName(imageId: string, mediaType: string): string {
  return `${imageId.slice(0, 12)}.${mediaType.slice('image/'.length)}`;
}
