import { Module } from '@nestjs/common';
import { AnswerResponder } from './answer-responder.js';
import { Answers } from './answers.js';
import { Drain } from './drain.js';
import { GenerationClaims } from './generation-claims.js';
import { GenerationQueue } from './generation-queue.js';
import { GenerationRunner } from './generation-runner.js';
import { GenerationController } from './generation.controller.js';
import { GenerationService } from './generation.service.js';
import { HistoryRetention } from './history-retention.js';
import { LiveGenerations } from './live-generations.js';
import { LogWriter } from './log-writer.js';
import { Mirrors } from './remote/mirrors.js';
import { Signals } from './remote/signals.js';
import { TurnRecorder } from './turn-recorder.js';
import { Worker } from './worker.js';
import { WorkerLife } from './worker-life.js';

/** The work of answering, apart from the connection that asked for it. */
@Module({
  controllers: [GenerationController],
  providers: [
    AnswerResponder,
    Answers,
    Drain,
    GenerationClaims,
    GenerationQueue,
    GenerationRunner,
    GenerationService,
    HistoryRetention,
    LiveGenerations,
    LogWriter,
    Mirrors,
    Signals,
    TurnRecorder,
    Worker,
    WorkerLife,
  ],
  exports: [AnswerResponder, GenerationClaims, GenerationRunner, GenerationService],
})
export class GenerationModule {}
