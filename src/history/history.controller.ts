import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  Put,
  Query,
  Req,
  StreamableFile,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { forwardedPrefix } from '../common/http/forwarded.js';
import type { Conversation, ConversationReading } from '../domain/conversation.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { IdPipe } from '../common/validation/id.pipe.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { conversationJson, presentConversation, presentPage } from './conversation-presenter.js';
import {
  ConversationDeletedDto,
  ConversationDto,
  ConversationListDto,
} from './dto/conversation.dto.js';
import {
  CONVERSATION_EXAMPLES,
  LIST_EXAMPLE,
  RENAMED_EXAMPLE,
} from './dto/conversation.examples.js';
import { ListQueryDto } from './dto/list-query.dto.js';
import { RenameConversationDto } from './dto/rename-conversation.dto.js';
import { WindowQueryDto } from './dto/window-query.dto.js';
import { HistoryService } from './history.service.js';

const conversationId = new IdPipe('conversation_not_found', 'Conversation not found');
const IdParam = (): MethodDecorator => ApiParam({ name: 'id', description: 'The conversation.' });

@ApiTags('History')
@ApiErrors('store_unavailable')
@Controller('history')
export class HistoryController {
  constructor(private readonly history: HistoryService) {}

  @ApiOperation({
    operationId: 'listConversations',
    summary: 'List conversations',
    description: 'Newest `updated_at` first; a rename does not move a conversation.',
  })
  @ApiOkResponse({ type: ConversationListDto, example: LIST_EXAMPLE })
  @Get()
  async list(
    @Query() { limit, offset }: ListQueryDto,
    @Context() { ownerId }: RequestContext,
  ): Promise<ConversationListDto> {
    return presentPage(await this.history.list(ownerId, limit, offset), limit, offset);
  }

  @ApiOperation({
    operationId: 'getConversation',
    summary: 'Read a conversation',
    description:
      'With its messages, oldest first: all of them, or a window. A message that is being ' +
      'generated has its text so far.',
  })
  @IdParam()
  @ApiErrors('conversation_not_found', 'message_not_found')
  @ApiOkResponse({ type: ConversationDto, examples: CONVERSATION_EXAMPLES })
  @Get(':id')
  async get(
    @Param('id', conversationId) id: string,
    @Query() query: WindowQueryDto,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<ConversationDto | StreamableFile> {
    return answerOf(await this.history.get(ownerId, id, query), request);
  }

  @ApiOperation({
    operationId: 'renameConversation',
    summary: "Change a conversation's title",
    description: 'Returns the changed conversation.',
  })
  @IdParam()
  @ApiErrors('conversation_not_found')
  @ApiOkResponse({ type: ConversationDto, example: RENAMED_EXAMPLE })
  @Put(':id')
  async rename(
    @Param('id', conversationId) id: string,
    @Body() { title }: RenameConversationDto,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<ConversationDto | StreamableFile> {
    return answerOf(await this.history.rename(ownerId, id, title), request);
  }

  @ApiOperation({
    operationId: 'deleteConversation',
    summary: 'Delete a conversation',
    description: 'Deletes it with its messages. A running answer is stopped.',
  })
  @IdParam()
  @ApiErrors('conversation_not_found')
  @Delete(':id')
  async delete(
    @Param('id', conversationId) id: string,
    @Context() { ownerId }: RequestContext,
  ): Promise<ConversationDeletedDto> {
    await this.history.delete(ownerId, id);
    return { message: 'Conversation deleted successfully' };
  }
}

/** In one piece, or as it is read. */
function answerOf(
  found: Conversation | ConversationReading,
  request: Request,
): ConversationDto | StreamableFile {
  const prefix = forwardedPrefix(request);
  if ('messages' in found) return presentConversation(found, prefix);
  // One piece ahead of the reader: a piece is some hundred kilobytes.
  const json = Readable.from(conversationJson(found, prefix), { highWaterMark: 1 });
  return new StreamableFile(json, { type: 'application/json; charset=utf-8' });
}
