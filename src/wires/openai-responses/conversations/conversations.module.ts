import { Module } from '@nestjs/common';
import { ChatModule } from '../../../chat/chat.module.js';
import { HistoryModule } from '../../../history/history.module.js';
import { OwnImages } from '../../own-images.js';
import { InputReader } from '../items/read-input.js';
import { ConversationItemsController } from './conversation-items.controller.js';
import { Conversations } from './conversations.js';
import { ConversationsController } from './conversations.controller.js';
import { ItemLists } from './item-lists.js';

/** `/v1/conversations`. */
@Module({
  imports: [ChatModule, HistoryModule],
  controllers: [ConversationsController, ConversationItemsController],
  providers: [Conversations, InputReader, ItemLists, OwnImages],
  exports: [InputReader],
})
export class ConversationsModule {}
