import { Inject, Injectable } from '@nestjs/common';
import type { ModelProfile, ModelSettings } from '../domain/model.js';
import type { LiveGeneration } from '../generation/live/live-generation.js';
import { ModelProvider, type ChatModel } from '../models/model-provider.js';
import { Tracing } from '../observability/tracing.js';

/** The models of turns: each notes when it is asked, and a trace follows it. */
@Injectable()
export class TurnModels {
  constructor(
    private readonly models: ModelProvider,
    @Inject(Tracing) private readonly tracing: Tracing | null,
  ) {}

  /** The model server, as metrics name it. */
  get provider(): string {
    return this.models.name;
  }

  resolve(model: string): Promise<ModelProfile> {
    return this.models.resolve(model);
  }

  /** The model of one generation. */
  chatModel(settings: ModelSettings, profile: ModelProfile, live: LiveGeneration): ChatModel {
    const { tracing } = this;
    const model = this.models.chatModel(settings, profile);
    const asked = { provider: this.provider, ...settings };
    return {
      streamTokens: (messages, sink, signal, ask) => {
        // A prompt that was too long is sent again.
        live.askedAt ??= performance.now();
        if (!tracing) return model.streamTokens(messages, sink, signal, ask);
        return tracing.modelCall(asked, () => {
          live.inContext = tracing.keptContext();
          return model.streamTokens(messages, sink, signal, ask);
        });
      },
    };
  }
}
