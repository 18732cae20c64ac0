import { Global, Module } from '@nestjs/common';
import { Draining } from './draining.js';

/** The one state of going down, for whoever starts it, refuses work in it or reports it. */
@Global()
@Module({ providers: [Draining], exports: [Draining] })
export class LifecycleModule {}
