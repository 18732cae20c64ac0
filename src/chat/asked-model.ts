import type { LiveGeneration } from '../generation/live/live-generation.js';
import type { ChatModel } from '../models/model-provider.js';

/** The model of one generation, which notes when it is asked. */
export function askedModel(model: ChatModel, live: LiveGeneration): ChatModel {
  return {
    streamTokens: (messages, sink, signal, ask) => {
      // A prompt that was too long is sent again.
      live.askedAt ??= performance.now();
      return model.streamTokens(messages, sink, signal, ask);
    },
  };
}
