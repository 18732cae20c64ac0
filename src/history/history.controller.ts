import {
  Body,
  Controller,
  Delete,
  Get,
  HttpStatus,
  Post,
  Put,
  Query,
  Req,
  Res,
  type StreamableFile,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { invalidField } from '../common/errors/app-error.js';
import { etagOf } from '../common/http/conversation.dto.js';
import { expectedRevisions, hasAlready } from '../common/http/entity-tags.js';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { actorOf, Audit } from '../observability/audit/audit.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ApiIfMatch, ApiIfNoneMatch } from '../openapi/decorators/request-headers.js';
import { CONVERSATION_HEADERS, CREATED_HEADERS } from '../openapi/decorators/response-headers.js';
import { ApiConversationId, ConversationId } from './conversation-id.js';
import { answerCreated, answerOf } from './conversation-answer.js';
import { ConversationLists } from './conversation-lists.js';
import { presentPage } from './conversation-presenter.js';
import { toListFilter, toSettings } from './conversation-request.js';
import { NewConversationDto, UpdateConversationDto } from './dto/conversation-settings.dto.js';
import {
  ConversationDeletedDto,
  ConversationDto,
  ConversationListDto,
  TagListDto,
} from './dto/conversation.dto.js';
import {
  CONVERSATION_EXAMPLES,
  CREATED_EXAMPLE,
  LIST_EXAMPLE,
  RENAMED_EXAMPLE,
  TAGS_EXAMPLE,
} from './dto/conversation.examples.js';
import { NEW_CONVERSATION_EXAMPLES, UPDATE_EXAMPLES } from './dto/conversation-request.examples.js';
import { ListQueryDto } from './dto/list-query.dto.js';
import { WindowQueryDto } from './dto/window-query.dto.js';
import { HistoryService } from './history.service.js';

@ApiTags('History')
@ApiErrors('store_unavailable')
@Controller('history')
export class HistoryController {
  constructor(
    private readonly history: HistoryService,
    private readonly lists: ConversationLists,
    private readonly audit: Audit,
  ) {}

  @ApiOperation({
    operationId: 'listConversations',
    summary: 'List conversations',
    description:
      'By default those that are not archived, newest `updated_at` first. Settings do not move a ' +
      'conversation. For the next page send `next_cursor` as `cursor`, with the same filters, `sort` ' +
      'and `order`: so each conversation is listed at most once, and one that nobody changes ' +
      'meanwhile exactly once, whatever is added or deleted. Pages by `offset` may repeat or skip ' +
      'conversations then.',
  })
  @ApiOkResponse({ type: ConversationListDto, example: LIST_EXAMPLE })
  @NeedsScope('read')
  @Get()
  async list(
    @Query() query: ListQueryDto,
    @Context() { ownerId }: RequestContext,
  ): Promise<ConversationListDto> {
    const { limit, offset = 0, cursor } = query;
    if (cursor !== undefined && query.offset !== undefined) {
      throw invalidField({ field: 'offset', message: 'must be left out with cursor' });
    }
    const place = cursor === undefined ? { limit, offset } : { limit, cursor };
    return presentPage(await this.lists.list(ownerId, toListFilter(query), place), limit, offset);
  }

  @ApiOperation({
    operationId: 'listTags',
    summary: 'List tags',
    description:
      'The tags of all conversations, archived ones too, in the order of the tags, and how many ' +
      'conversations have each.',
  })
  @ApiOkResponse({ type: TagListDto, example: TAGS_EXAMPLE })
  @NeedsScope('read')
  @Get('tags')
  async tags(@Context() { ownerId }: RequestContext): Promise<TagListDto> {
    return { tags: await this.lists.tags(ownerId) };
  }

  @ApiOperation({
    operationId: 'createConversation',
    summary: 'Create an empty conversation',
    description:
      'With a title, settings for its turns, and tags; every field is optional. A request to ' +
      '`POST /api/chat` without `conversation_id` makes one by itself.',
  })
  @ApiBody({ type: NewConversationDto, required: false, examples: NEW_CONVERSATION_EXAMPLES })
  @ApiCreatedResponse({ type: ConversationDto, example: CREATED_EXAMPLE, headers: CREATED_HEADERS })
  @Post()
  async create(
    @Body() body: NewConversationDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConversationDto | StreamableFile> {
    const made = await this.history.create(context.ownerId, toSettings(body));
    this.audit.done('conversation.create', made.id, actorOf(context));
    return answerCreated(made, request, response);
  }

  @ApiOperation({
    operationId: 'getConversation',
    summary: 'Read a conversation',
    description:
      'With the messages of its active branch, oldest first, or of the branch that `branch` names: ' +
      'all of them, or a window. A message that is being generated has its text so far. `siblings` ' +
      'of a message are the beginnings of the branches at its place.',
  })
  @ApiConversationId()
  @ApiIfNoneMatch()
  @ApiErrors('conversation_not_found', 'message_not_found')
  @ApiOkResponse({
    type: ConversationDto,
    examples: CONVERSATION_EXAMPLES,
    headers: CONVERSATION_HEADERS,
  })
  @ApiResponse({
    status: HttpStatus.NOT_MODIFIED,
    headers: CONVERSATION_HEADERS,
    description: 'The client has this revision already, as its `If-None-Match` says.',
  })
  @NeedsScope('read')
  @Get(':id')
  async get(
    @ConversationId() id: string,
    @Query() query: WindowQueryDto,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConversationDto | StreamableFile | undefined> {
    const known = request.get('If-None-Match');
    // What is sent while a generation runs changes without a revision; Express would compare the tags.
    delete request.headers['if-none-match'];
    if (known !== undefined) {
      const summary = await this.history.summary(ownerId, id);
      const etag = etagOf(summary);
      if (summary.activeGenerationId === null && hasAlready(known, etag)) {
        // A branch or a message that is not there is 404, whatever the client has.
        const { branch, before } = query;
        if (branch !== undefined || before !== undefined)
          await this.history.get(ownerId, id, { branch, before, messages: 1 });
        response.setHeader('ETag', etag);
        response.status(HttpStatus.NOT_MODIFIED);
        return undefined;
      }
    }
    return answerOf(await this.history.get(ownerId, id, query), request, response);
  }

  @ApiOperation({
    operationId: 'updateConversation',
    summary: 'Rename a conversation, change its settings, choose its branch',
    description:
      'Its title, its settings, its tags, or which branch is active: at least one field. What is left ' +
      'out stays; `null` takes a setting away. Returns the changed conversation, which keeps its ' +
      'place in the list. Settings are for the next turns: a running generation goes on as it began.',
  })
  @ApiConversationId()
  @ApiBody({ type: UpdateConversationDto, examples: UPDATE_EXAMPLES })
  @ApiIfMatch()
  @ApiErrors('conversation_not_found', 'message_not_found', 'conversation_changed')
  @ApiOkResponse({ type: ConversationDto, example: RENAMED_EXAMPLE, headers: CONVERSATION_HEADERS })
  @Put(':id')
  async update(
    @ConversationId() id: string,
    @Body() body: UpdateConversationDto,
    @Context() context: RequestContext,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ConversationDto | StreamableFile> {
    const settings = toSettings(body);
    if (Object.keys(settings).length === 0) {
      throw invalidField({ field: 'title', message: 'is required, or another setting to change' });
    }
    const expected = expectedRevisions(request.get('If-Match'));
    const updated = await this.history.update(context.ownerId, id, settings, expected);
    if (settings.title !== undefined) this.audit.done('conversation.rename', id, actorOf(context));
    return answerOf(updated, request, response);
  }

  @ApiOperation({
    operationId: 'deleteConversation',
    summary: 'Delete a conversation',
    description: 'Deletes it with its messages. A running answer is stopped.',
  })
  @ApiConversationId()
  @ApiIfMatch()
  @ApiErrors('conversation_not_found', 'conversation_changed')
  @Delete(':id')
  async delete(
    @ConversationId() id: string,
    @Context() context: RequestContext,
    @Req() request: Request,
  ): Promise<ConversationDeletedDto> {
    const expected = expectedRevisions(request.get('If-Match'));
    await this.history.delete(context.ownerId, id, expected);
    this.audit.done('conversation.delete', id, actorOf(context));
    return { message: 'Conversation deleted successfully' };
  }
}
