import { Module } from '@nestjs/common';
import { GenerationModule } from '../generation/generation.module.js';
import { ModelsModule } from '../models/models.module.js';
import { ChatSettings } from './chat-request.js';
import { ChatController } from './chat.controller.js';
import { ChatService } from './chat.service.js';
import { AnswerFormats } from './format/answer-formats.js';
import { TurnImages } from './images/turn-images.js';
import { CalibrationSync } from './prompt/calibration-sync.js';
import { TokenCalibrations } from './prompt/token-calibrations.js';
import { TurnClaims } from './turn-claims.js';
import { TurnInputs } from './turn-inputs.js';

@Module({
  imports: [GenerationModule, ModelsModule],
  controllers: [ChatController],
  providers: [
    AnswerFormats,
    CalibrationSync,
    ChatService,
    ChatSettings,
    TokenCalibrations,
    TurnClaims,
    TurnImages,
    TurnInputs,
  ],
})
export class ChatModule {}
