import {
  Body,
  Controller,
  Delete,
  Param,
  Post,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { expectedRevisions } from '../common/http/entity-tags.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { IdPipe, normalId } from '../common/validation/id.pipe.js';
import { actorOf, Audit } from '../observability/audit/audit.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiIfMatch } from '../openapi/decorators/request-headers.js';
import { CREATED_HEADERS } from '../openapi/decorators/response-headers.js';
import { ApiConversationId, ConversationId } from './conversation-id.js';
import { answerCreated } from './conversation-answer.js';
import { ConversationDto, MessageDeletedDto } from './dto/conversation.dto.js';
import { FORKED_EXAMPLE } from './dto/conversation.examples.js';
import { FORK_EXAMPLES } from './dto/conversation-request.examples.js';
import { ForkConversationDto } from './dto/fork-conversation.dto.js';
import { HistoryService } from './history.service.js';

/** What is done with a part of a conversation. */
@ApiTags('History')
@ApiErrors('store_unavailable')
@Controller('history/:id')
export class BranchesController {
  constructor(
    private readonly history: HistoryService,
    private readonly audit: Audit,
  ) {}

  @ApiOperation({
    operationId: 'forkConversation',
    summary: 'Copy a branch into a new conversation',
    description:
      'Copies the branch up to and with a message into a new conversation, with the title, settings ' +
      'and tags; by default the whole active branch. The messages get new ids. The copy is neither ' +
      'pinned nor archived, and `forked_from` says what it is a copy of.',
  })
  @ApiConversationId()
  @ApiIfMatch()
  @ApiErrors(
    'conversation_not_found',
    'message_not_found',
    'conversation_busy',
    'conversation_changed',
  )
  @ApiBody({ type: ForkConversationDto, required: false, examples: FORK_EXAMPLES })
  @ApiCreatedResponse({ type: ConversationDto, example: FORKED_EXAMPLE, headers: CREATED_HEADERS })
  @Post('fork')
  async fork(
    @ConversationId() id: string,
    @Body() { message_id: last }: ForkConversationDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConversationDto | StreamableFile> {
    const expected = expectedRevisions(request.get('If-Match'));
    const messageId = last === undefined ? null : normalId(last);
    const copy = await this.history.fork(context.ownerId, id, messageId, expected);
    this.audit.done('conversation.create', copy.id, actorOf(context));
    return answerCreated(copy, request, response);
  }

  @ApiOperation({
    operationId: 'deleteMessage',
    summary: 'Delete a message and all below it',
    description:
      'Deletes the message and every message below it, on all branches. If the active branch goes ' +
      'through it, the newest message that is left below its parent becomes the active end, else the ' +
      'parent. The system prompt is a setting: `PUT` with `"system": null` takes it away.',
  })
  @ApiConversationId()
  @ApiParam({ name: 'message', description: 'The `id` of the message.' })
  @ApiIfMatch()
  @ApiErrors(
    'conversation_not_found',
    'message_not_found',
    'conversation_busy',
    'conversation_changed',
  )
  @Delete('messages/:message')
  async deleteMessage(
    @ConversationId() id: string,
    @Param('message', new IdPipe('message_not_found', 'Message not found in this conversation'))
    message: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<MessageDeletedDto> {
    const expected = expectedRevisions(request.get('If-Match'));
    const deleted = await this.history.deleteMessage(ownerId, id, message, expected);
    return { message: 'Message deleted successfully', deleted };
  }
}
