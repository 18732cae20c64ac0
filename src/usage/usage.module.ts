import { Module } from '@nestjs/common';
import { UsageRetention } from './usage-retention.js';
import { UsageController } from './usage.controller.js';
import { UsageService } from './usage.service.js';

@Module({
  controllers: [UsageController],
  providers: [UsageRetention, UsageService],
})
export class UsageModule {}
