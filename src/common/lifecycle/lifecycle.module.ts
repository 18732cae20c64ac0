import { Global, Module } from '@nestjs/common';
import { Draining } from './draining.js';
import { Siblings } from './siblings.js';

/** Provides the state of the shutdown, and of the other workers, to all modules. */
@Global()
@Module({ providers: [Draining, Siblings], exports: [Draining, Siblings] })
export class LifecycleModule {}
