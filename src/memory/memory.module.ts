import { Module } from '@nestjs/common';
import { GenerationModule } from '../generation/generation.module.js';
import { IdleCollector } from './idle-collector.js';

/** Keeps the process small after a burst. */
@Module({ imports: [GenerationModule], providers: [IdleCollector] })
export class MemoryModule {}
