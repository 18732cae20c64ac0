import { Module } from '@nestjs/common';
import { HistoryController } from './history.controller.js';
import { HistoryService } from './history.service.js';
import { ImagesController } from './images.controller.js';
import { RetentionNotice } from './retention-notice.js';

@Module({
  controllers: [HistoryController, ImagesController],
  providers: [HistoryService, RetentionNotice],
})
export class HistoryModule {}
