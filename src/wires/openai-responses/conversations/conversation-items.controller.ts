import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { forwardedPrefix } from '../../../common/http/forwarded.js';
import { NeedsScope } from '../../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../../common/http/request-context.js';
import { ApiErrorForm } from '../../../openapi/decorators/api-error-form.js';
import { ApiErrors } from '../../../openapi/decorators/api-errors.js';
import type { Fields } from '../../given-fields.js';
import { OPENAI_ERRORS_DOCUMENT } from '../../openai-errors.js';
import { ApiItemPage } from '../api-parameters.js';
import { readPageRequest, type ItemList } from '../items/item-page.js';
import type { Item } from '../items/item-types.js';
import { ConversationBody } from './conversation-bodies.js';
import { conversationObject, type ConversationObject } from './conversation-object.js';
import { ApiConversationParam, ApiItemParam, ConversationParam } from './conversation-params.js';
import { Conversations } from './conversations.js';
import { CONVERSATION, ITEM_LIST, ITEMS_REQUEST, ONE_ITEM } from './conversations.document.js';
import { ItemLists } from './item-lists.js';

@ApiTags('OpenAI responses')
@ApiErrorForm(OPENAI_ERRORS_DOCUMENT)
@ApiErrors('store_unavailable', 'conversation_not_found')
@Controller('v1/conversations/:id/items')
export class ConversationItemsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly lists: ItemLists,
  ) {}

  @ApiOperation({
    operationId: 'listItemsAsOpenAi',
    summary: 'List the items of a conversation as OpenAI’s API does',
    description:
      'Of its active branch, by default the newest first; the system prompt is the first of them all. An ' +
      'answer has one item a part, an empty one has none.',
  })
  @ApiConversationParam()
  @ApiItemPage()
  @ApiOkResponse(ITEM_LIST)
  @NeedsScope('read')
  @Get()
  list(
    @ConversationParam() conversationId: string,
    @Query() query: Fields,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<ItemList> {
    const place = { conversationId, prefix: forwardedPrefix(request) };
    return this.lists.page(ownerId, place, readPageRequest(query));
  }

  @ApiOperation({
    operationId: 'addItemsAsOpenAi',
    summary: 'Add items to a conversation as OpenAI’s API does',
    description:
      'Up to 20, at the end of its active branch, without an answer. Items of the roles `system` and ' +
      '`developer` are 400: the system prompt is given when the conversation is made.',
  })
  @ApiConversationParam()
  @ApiBody(ITEMS_REQUEST)
  @ApiOkResponse(ITEM_LIST)
  @ApiErrors(
    'image_not_found',
    'message_not_found',
    'conversation_busy',
    'conversation_full',
    'images_full',
  )
  @HttpCode(HttpStatus.OK)
  @Post()
  add(
    @ConversationParam() conversationId: string,
    @Body() body: ConversationBody,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<ItemList> {
    const place = { conversationId, prefix: forwardedPrefix(request) };
    return this.conversations.addItems(ownerId, place, body);
  }

  @ApiOperation({
    operationId: 'getItemAsOpenAi',
    summary: 'Read an item of a conversation as OpenAI’s API does',
    description: 'On whatever branch it is.',
  })
  @ApiConversationParam()
  @ApiItemParam()
  @ApiOkResponse(ONE_ITEM)
  @ApiErrors('message_not_found')
  @NeedsScope('read')
  @Get(':item')
  get(
    @ConversationParam() conversationId: string,
    @Param('item') item: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<Item> {
    const place = { conversationId, prefix: forwardedPrefix(request) };
    return this.conversations.item(ownerId, place, item);
  }

  @ApiOperation({
    operationId: 'deleteItemAsOpenAi',
    summary: 'Delete an item of a conversation as OpenAI’s API does',
    description:
      'Takes its message out, with all items of that: an answer goes as a whole. What follows it stays. ' +
      'Returns the conversation.',
  })
  @ApiConversationParam()
  @ApiItemParam()
  @ApiOkResponse(CONVERSATION)
  @ApiErrors('message_not_found', 'conversation_busy')
  @Delete(':item')
  async delete(
    @ConversationParam() conversationId: string,
    @Param('item') item: string,
    @Context() { ownerId }: RequestContext,
    @Req() request: Request,
  ): Promise<ConversationObject> {
    const place = { conversationId, prefix: forwardedPrefix(request) };
    return conversationObject(await this.conversations.deleteItem(ownerId, place, item));
  }
}
