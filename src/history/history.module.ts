import { Module } from '@nestjs/common';
import { HistoryController } from './history.controller.js';
import { HistoryService } from './history.service.js';
import { RetentionNotice } from './retention-notice.js';

@Module({
  controllers: [HistoryController],
  providers: [HistoryService, RetentionNotice],
})
export class HistoryModule {}
