import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { Logger } from '../observability/logger.js';
import { ChatModels } from './chat-models.js';
import { ModelProvider } from './model-provider.js';
import { ModelsController } from './models.controller.js';
import { ModelsService } from './models.service.js';
import { createOllama, type Ollama } from './providers/ollama/ollama.js';

const PROVIDER = Symbol('the adapter behind both ports');

/** The one place that names the adapter. Its ports are there for every feature. */
@Global()
@Module({
  controllers: [ModelsController],
  providers: [
    ModelsService,
    {
      provide: PROVIDER,
      inject: [SETTINGS, Logger],
      useFactory: ({ ollama, model }: Settings, logger: Logger): Ollama =>
        createOllama({ ...ollama, allow: model.allow }, logger),
    },
    {
      provide: ModelProvider,
      inject: [PROVIDER],
      useFactory: ({ provider }: Ollama) => provider,
    },
    {
      provide: ChatModels,
      inject: [PROVIDER],
      useFactory: ({ chatModels }: Ollama) => chatModels,
    },
  ],
  exports: [ModelProvider, ChatModels],
})
export class ModelsModule implements OnApplicationShutdown {
  constructor(@Inject(PROVIDER) private readonly adapter: Ollama) {}

  /** After the drain: nothing runs any more, idle connections would keep the process. */
  onApplicationShutdown(): void {
    this.adapter.close();
  }
}
