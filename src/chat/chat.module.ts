import { Module } from '@nestjs/common';
import { GenerationModule } from '../generation/generation.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ChatController } from './chat.controller.js';
import { AddedMessages } from './added-messages.js';
import { AnswerSources } from './answer-sources.js';
import { ChatService } from './chat.service.js';
import { ClientChats } from './client-chats.js';
import { AnswerFormats } from './format/answer-formats.js';
import { TurnImages } from './images/turn-images.js';
import { KeptTurns } from './kept-turns.js';
import { CalibrationSync } from './prompt/calibration-sync.js';
import { TokenCalibrations } from './prompt/token-calibrations.js';
import { StatelessService } from './stateless.service.js';
import { TitleMaker } from './titles/title-maker.js';
import { TitlePrompts } from './titles/title-prompts.js';
import { Titles } from './titles/titles.js';
import { TurnClaims } from './turn-claims.js';
import { TurnInputs } from './turn-inputs.js';
import { TurnModels } from './turn-models.js';
import { TurnPlaces } from './turn-places.js';
import { TurnSettings } from './turn-settings.js';

@Module({
  imports: [GenerationModule, ModelsModule],
  controllers: [ChatController],
  providers: [
    AddedMessages,
    AnswerFormats,
    AnswerSources,
    CalibrationSync,
    ChatService,
    ClientChats,
    KeptTurns,
    StatelessService,
    TitleMaker,
    TitlePrompts,
    Titles,
    TokenCalibrations,
    TurnClaims,
    TurnImages,
    TurnInputs,
    TurnModels,
    TurnPlaces,
    TurnSettings,
  ],
  exports: [AddedMessages, ChatService, ClientChats, KeptTurns, StatelessService, TurnPlaces],
})
export class ChatModule {}
