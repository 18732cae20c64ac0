import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SETTINGS } from '../config/settings.js';
import { Logger } from '../observability/logger.js';
import { createModelProvider } from './create-model-provider.js';
import { ModelProvider } from './model-provider.js';
import { ModelsController } from './models.controller.js';
import { ModelsService } from './models.service.js';

/** The models of the configured server; its port is there for every feature. */
@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    ModelsService,
    { provide: ModelProvider, inject: [SETTINGS, Logger], useFactory: createModelProvider },
  ],
  exports: [ModelProvider],
})
export class ModelsModule implements OnApplicationShutdown {
  constructor(private readonly provider: ModelProvider) {}

  /** After the drain: nothing runs any more, and idle connections would keep the process alive. */
  onApplicationShutdown(): void {
    this.provider.close();
  }
}
