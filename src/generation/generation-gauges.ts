import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Meter } from '../observability/meter.js';
import { AnswerResponder } from './answer-responder.js';
import { LiveGenerations } from './live/live-generations.js';

/** Says how many generations and readers there are, whenever metrics are asked for. */
@Injectable()
export class GenerationGauges implements OnModuleInit {
  constructor(
    private readonly meter: Meter,
    private readonly live: LiveGenerations,
    private readonly responder: AnswerResponder,
  ) {}

  onModuleInit(): void {
    const { live, responder } = this;
    const isQueued = ({ startedAt }: { startedAt: number | null }): boolean => startedAt === null;
    this.meter.gauges({
      running: () => live.running.filter((one) => !isQueued(one)).length,
      queued: () => live.running.filter(isQueued).length,
      readers: () => responder.readers,
    });
  }
}
