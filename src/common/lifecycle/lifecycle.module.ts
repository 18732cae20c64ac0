import { Global, Module } from '@nestjs/common';
import { Draining } from './draining.js';
import { IdleCollector } from './idle-collector.js';

/** The one state of shutting down, for what starts it, refuses work in it or reports it. */
@Global()
@Module({ providers: [Draining, IdleCollector], exports: [Draining] })
export class LifecycleModule {}
