import { Global, Module } from '@nestjs/common';
import { Draining } from './draining.js';
import { IdleCollector } from './idle-collector.js';

/** Provides the state of the shutdown to all modules. */
@Global()
@Module({ providers: [Draining, IdleCollector], exports: [Draining] })
export class LifecycleModule {}
