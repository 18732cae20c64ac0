import { Module } from '@nestjs/common';
import { BranchesController } from './branches.controller.js';
import { ConversationLists } from './conversation-lists.js';
import { HistoryController } from './history.controller.js';
import { HistoryService } from './history.service.js';
import { ImagesController } from './images.controller.js';
import { IdleRetention } from './idle-retention.js';
import { RetentionNotice } from './retention-notice.js';

@Module({
  controllers: [HistoryController, BranchesController, ImagesController],
  providers: [ConversationLists, HistoryService, IdleRetention, RetentionNotice],
  exports: [HistoryService],
})
export class HistoryModule {}
