import { type DynamicModule, Module } from '@nestjs/common';
import { ChangesModule } from './changes/changes.module.js';
import { ChatModule } from './chat/chat.module.js';
import { HttpEdgeModule } from './common/http/http-edge.module.js';
import { LifecycleModule } from './common/lifecycle/lifecycle.module.js';
import { configModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { HealthModule } from './health/health.module.js';
import { IdentityModule } from './identity/identity.module.js';
import { HistoryModule } from './history/history.module.js';
import { MemoryModule } from './memory/memory.module.js';
import { ModelsModule } from './models/models.module.js';
import type { AppLogger } from './observability/app-logger.js';
import { ObservabilityModule, type Observers } from './observability/observability.module.js';
import { RateLimitModule } from './rate-limit/rate-limit.module.js';
import { StoreModule } from './store/store.module.js';
import { UsageModule } from './usage/usage.module.js';
import { AiSdkModule } from './wires/ai-sdk/ai-sdk.module.js';
import { OllamaModule } from './wires/ollama/ollama.module.js';
import { OpenAiChatModule } from './wires/openai-chat/openai-chat.module.js';
import { OpenAiResponsesModule } from './wires/openai-responses/openai-responses.module.js';

/** The modules of the service. */
@Module({})
export class AppModule {
  static forRoot(settings: Settings, logger: AppLogger, observers: Observers): DynamicModule {
    return {
      module: AppModule,
      imports: [
        configModule(settings),
        ObservabilityModule.forRoot(logger, observers),
        LifecycleModule,
        StoreModule,
        RateLimitModule,
        IdentityModule,
        ChatModule,
        HistoryModule,
        ChangesModule,
        UsageModule,
        ModelsModule,
        HealthModule,
        AiSdkModule,
        OllamaModule,
        OpenAiChatModule,
        OpenAiResponsesModule,
        MemoryModule,
        HttpEdgeModule,
      ],
    };
  }
}
