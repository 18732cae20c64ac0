import { Module } from '@nestjs/common';
import { GenerationModule } from '../generation/generation.module.js';
import { IdleCollector } from './idle-collector.js';

/** Keeps an idle process small. */
@Module({ imports: [GenerationModule], providers: [IdleCollector] })
export class MemoryModule {}
