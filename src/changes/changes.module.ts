import { Module } from '@nestjs/common';
import { ChangeReaders, ChangeSettings } from './change-readers.js';
import { ChangeRetention } from './change-retention.js';
import { ChangesController } from './changes.controller.js';

@Module({
  controllers: [ChangesController],
  providers: [ChangeReaders, ChangeRetention, ChangeSettings],
})
export class ChangesModule {}
