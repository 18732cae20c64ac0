import { Module } from '@nestjs/common';
import { AnswerResponder } from './answer-responder.js';
import { Answers } from './answers.js';
import { Drain } from './drain.js';
import { GenerationClaims } from './generation-claims.js';
import { GenerationQueue } from './live/generation-queue.js';
import { GenerationRunner } from './generation-runner.js';
import { GenerationController } from './generation.controller.js';
import { GenerationService } from './generation.service.js';
import { HistoryRetention } from './record/history-retention.js';
import { LiveGenerations } from './live/live-generations.js';
import { EndWriter } from './record/end-writer.js';
import { LogWriter } from './record/log-writer.js';
import { LostGenerations } from './workers/lost-generations.js';
import { Mirrors } from './workers/mirrors.js';
import { Signals } from './workers/signals.js';
import { TurnRecorder } from './record/turn-recorder.js';
import { Worker } from './workers/worker.js';
import { DeadWorkers } from './workers/dead-workers.js';
import { Heartbeat } from './workers/heartbeat.js';
import { GenerationRetention } from './record/generation-retention.js';

/** The work of answering, apart from the connection that asked for it. */
@Module({
  controllers: [GenerationController],
  providers: [
    AnswerResponder,
    Answers,
    DeadWorkers,
    Drain,
    EndWriter,
    GenerationClaims,
    GenerationQueue,
    GenerationRetention,
    GenerationRunner,
    GenerationService,
    Heartbeat,
    HistoryRetention,
    LiveGenerations,
    LogWriter,
    LostGenerations,
    Mirrors,
    Signals,
    TurnRecorder,
    Worker,
  ],
  exports: [AnswerResponder, GenerationClaims, GenerationRunner, GenerationService],
})
export class GenerationModule {}
