import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { modelsConfig, ollamaConfig, openaiConfig, scenarioConfig } from '../config/namespaces.js';
import type { Settings } from '../config/settings.js';
import { AppLogger } from '../observability/app-logger.js';
import { Tracing } from '../observability/tracing.js';
import { createModelProvider } from './create-model-provider.js';
import { DefaultModel } from './default-model.js';
import { ModelProvider } from './model-provider.js';
import { ModelsController } from './models.controller.js';
import { ModelsService } from './models.service.js';

/** Provides the models of the configured servers to every feature. */
@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    ModelsService,
    DefaultModel,
    {
      provide: ModelProvider,
      inject: [
        modelsConfig.KEY,
        ollamaConfig.KEY,
        openaiConfig.KEY,
        scenarioConfig.KEY,
        AppLogger,
        Tracing,
      ],
      useFactory: (
        models: Settings['models'],
        ollama: Settings['ollama'],
        openai: Settings['openai'],
        scenario: Settings['scenario'],
        logger: AppLogger,
        tracing: Tracing | null,
      ) => createModelProvider({ models, ollama, openai, scenario }, logger, tracing),
    },
  ],
  exports: [ModelProvider, DefaultModel, ModelsService],
})
export class ModelsModule implements OnApplicationShutdown {
  constructor(private readonly provider: ModelProvider) {}

  /** After the drain no generation runs; idle connections would keep the process alive. */
  onApplicationShutdown(): void {
    this.provider.close();
  }
}
