import { Module } from '@nestjs/common';
import { ChatController } from './chat.controller.js';
import { ChatService } from './chat.service.js';
import { HistoryService } from './history.service.js';

@Module({ controllers: [ChatController], providers: [ChatService, HistoryService] })
export class AppModule {}
