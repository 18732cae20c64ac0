import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope } from '../../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../../common/http/request-context.js';
import { HistoryService } from '../../../history/history.service.js';
import { actorOf, Audit } from '../../../observability/audit/audit.js';
import { ApiErrorForm } from '../../../openapi/decorators/api-error-form.js';
import { ApiErrors } from '../../../openapi/decorators/api-errors.js';
import { OPENAI_ERRORS_DOCUMENT } from '../../openai-errors.js';
import { conversationObjectId } from '../items/item-ids.js';
import { ConversationBody, NewConversationBody } from './conversation-bodies.js';
import {
  conversationObject,
  type ConversationObject,
  type DeletedConversationObject,
} from './conversation-object.js';
import { ApiConversationParam, ConversationParam } from './conversation-params.js';
import { Conversations } from './conversations.js';
import {
  CONVERSATION,
  DELETED_CONVERSATION,
  METADATA_REQUEST,
  NEW_CONVERSATION_REQUEST,
} from './conversations.document.js';

@ApiTags('OpenAI responses')
@ApiErrorForm(OPENAI_ERRORS_DOCUMENT)
@ApiErrors('store_unavailable')
@Controller('v1/conversations')
export class ConversationsController {
  constructor(
    private readonly conversations: Conversations,
    private readonly history: HistoryService,
    private readonly audit: Audit,
  ) {}

  @ApiOperation({
    operationId: 'createConversationAsOpenAi',
    summary: 'Create a conversation as OpenAI’s API does',
    description:
      'With up to 20 items and with metadata. Items of the roles `system` and `developer` come before all ' +
      'others: they are its system prompt.',
  })
  @ApiBody(NEW_CONVERSATION_REQUEST)
  @ApiOkResponse(CONVERSATION)
  @ApiErrors('image_not_found', 'message_not_found', 'conversation_full', 'images_full')
  @HttpCode(HttpStatus.OK)
  @Post()
  async create(
    @Body() body: NewConversationBody,
    @Context() context: RequestContext,
  ): Promise<ConversationObject> {
    const made = await this.conversations.create(context.ownerId, body);
    this.audit.done('conversation.create', made.id, actorOf(context));
    return conversationObject(made);
  }

  @ApiOperation({
    operationId: 'getConversationAsOpenAi',
    summary: 'Read a conversation as OpenAI’s API does',
    description: 'Whatever API made it; without its items.',
  })
  @ApiConversationParam()
  @ApiOkResponse(CONVERSATION)
  @ApiErrors('conversation_not_found')
  @NeedsScope('read')
  @Get(':id')
  async get(
    @ConversationParam() id: string,
    @Context() { ownerId }: RequestContext,
  ): Promise<ConversationObject> {
    return conversationObject(await this.history.summary(ownerId, id));
  }

  @ApiOperation({
    operationId: 'updateConversationAsOpenAi',
    summary: 'Change the metadata of a conversation as OpenAI’s API does',
    description: 'What is given takes the place of all that was there; `null` takes it away.',
  })
  @ApiConversationParam()
  @ApiBody(METADATA_REQUEST)
  @ApiOkResponse(CONVERSATION)
  @ApiErrors('conversation_not_found')
  @HttpCode(HttpStatus.OK)
  @Post(':id')
  async update(
    @ConversationParam() id: string,
    @Body() body: ConversationBody,
    @Context() { ownerId }: RequestContext,
  ): Promise<ConversationObject> {
    return conversationObject(await this.conversations.update(ownerId, id, body));
  }

  @ApiOperation({
    operationId: 'deleteConversationAsOpenAi',
    summary: 'Delete a conversation as OpenAI’s API does',
    description: 'With its items and its responses. A running answer is stopped.',
  })
  @ApiConversationParam()
  @ApiOkResponse(DELETED_CONVERSATION)
  @ApiErrors('conversation_not_found')
  @Delete(':id')
  async delete(
    @ConversationParam() id: string,
    @Context() context: RequestContext,
  ): Promise<DeletedConversationObject> {
    await this.history.delete(context.ownerId, id, null);
    this.audit.done('conversation.delete', id, actorOf(context));
    return { id: conversationObjectId(id), object: 'conversation.deleted', deleted: true };
  }
}
