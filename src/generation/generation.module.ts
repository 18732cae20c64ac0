import { Module } from '@nestjs/common';
import { AnswerResponder } from './answer-responder.js';
import { Answers } from './answers.js';
import { Drain } from './drain.js';
import { GenerationActivity } from './generation-activity.js';
import { GenerationClaims } from './generation-claims.js';
import { GenerationGauges } from './generation-gauges.js';
import { GenerationReport } from './generation-report.js';
import { GenerationQueue } from './live/generation-queue.js';
import { GenerationRunner } from './generation-runner.js';
import { GenerationViews } from './generation-views.js';
import { GenerationController } from './generation.controller.js';
import { GenerationService } from './generation.service.js';
import { LiveGenerations } from './live/live-generations.js';
import { EndWriter } from './record/end-writer.js';
import { LogWriter } from './record/log-writer.js';
import { OrphanedGenerations } from './workers/orphaned-generations.js';
import { RemoteLogs } from './workers/remote-logs.js';
import { Signals } from './workers/signals.js';
import { TurnRecorder } from './record/turn-recorder.js';
import { Worker } from './workers/worker.js';
import { FailureDetector } from './workers/failure-detector.js';
import { GenerationRetention } from './record/generation-retention.js';

/** Generations: the work of answering, independent of the connection that requested it. */
@Module({
  controllers: [GenerationController],
  providers: [
    AnswerResponder,
    Answers,
    Drain,
    EndWriter,
    FailureDetector,
    GenerationActivity,
    GenerationClaims,
    GenerationGauges,
    GenerationQueue,
    GenerationReport,
    GenerationRetention,
    GenerationRunner,
    GenerationService,
    GenerationViews,
    LiveGenerations,
    LogWriter,
    OrphanedGenerations,
    RemoteLogs,
    Signals,
    TurnRecorder,
    Worker,
  ],
  exports: [
    AnswerResponder,
    GenerationActivity,
    GenerationClaims,
    GenerationRunner,
    GenerationService,
    GenerationViews,
  ],
})
export class GenerationModule {}
