import { Inject, Injectable } from '@nestjs/common';
import type { ModelProfile, ModelSettings } from '../domain/model.js';
import { DefaultModel } from '../models/default-model.js';
import { ModelProvider, type ChatModel, type ModelIdentity } from '../models/model-provider.js';
import { Meter } from '../observability/meter.js';
import { Tracing } from '../observability/tracing.js';
import type { ChatCommand } from './chat-command.js';
import type { ClaimedTurn } from './turn-claims.js';

/** The models of turns: each notes when it is asked, and a trace follows it. */
@Injectable()
export class TurnModels {
  constructor(
    private readonly models: ModelProvider,
    @Inject(Tracing) private readonly tracing: Tracing | null,
    private readonly meter: Meter,
    private readonly defaultModel: DefaultModel,
  ) {}

  identify(model: string): ModelIdentity {
    return this.models.identify(model);
  }

  lookUp(names: readonly string[]): Promise<void> {
    return this.models.lookUp(names);
  }

  resolve(model: string): Promise<ModelProfile> {
    return this.models.resolve(model);
  }

  /** Counts a turn that ended before its model was asked. */
  refused({ wire, model: asked }: Pick<ChatCommand, 'wire' | 'model'>): void {
    this.meter.turnEnded({
      wire,
      ...this.models.identify(asked ?? this.defaultModel.known ?? ''),
      isListed: false,
      outcome: 'refused',
      reason: null,
      duration: null,
      toFirstChunk: null,
      perChunk: null,
      usage: null,
    });
  }

  /** The model of one generation. */
  chatModel(settings: ModelSettings, profile: ModelProfile, live: ClaimedTurn['live']): ChatModel {
    const { tracing } = this;
    const model = this.models.chatModel(settings, profile);
    const identity = this.models.identify(settings.model);
    // Lists of models may have been read since the claim.
    if (live.origin) live.origin = { ...live.origin, ...identity };
    const asked = { provider: identity.provider, ...settings };
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
