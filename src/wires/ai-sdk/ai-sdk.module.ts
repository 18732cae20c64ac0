import { Module } from '@nestjs/common';
import { ChatModule } from '../../chat/chat.module.js';
import { GenerationModule } from '../../generation/generation.module.js';
import { HistoryModule } from '../../history/history.module.js';
import { OwnImages } from '../own-images.js';
import { AiSdkController } from './ai-sdk.controller.js';
import { UiAnswers } from './ui-answers.js';
import { UiChats } from './ui-chats.js';
import { UiImages } from './ui-images.js';
import { UiTurns } from './ui-turns.js';

/** The chat of Vercel's AI SDK: `useChat` with its default transport. */
@Module({
  imports: [ChatModule, GenerationModule, HistoryModule],
  controllers: [AiSdkController],
  providers: [OwnImages, UiAnswers, UiChats, UiImages, UiTurns],
})
export class AiSdkModule {}
