import type { BaseMessage } from '@langchain/core/messages';
import type { AppError } from '../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../domain/cancellation.js';
import type { ModelAsk, ModelEnd, TokenSink } from '../../../domain/model.js';
import type { ScenarioModel } from '../../../domain/scenario.js';
import { invalid } from '../../model-errors.js';
import type { ChatModel } from '../../model-provider.js';
import type { AskCounter } from './ask-counter.js';
import { askedBy, wordsOf } from './asked-messages.js';
import { matchingReply } from './matching.js';
import { Playback } from './playback.js';

/** Plays the first reply of its model that matches what is asked. */
export class ScenarioChatModel implements ChatModel {
  constructor(
    private readonly model: ScenarioModel,
    private readonly asks: AskCounter,
  ) {}

  /** Rejects with `validation` where no reply matches, and as the reply says. */
  async streamTokens(
    messages: BaseMessage[],
    sink: TokenSink,
    signal: CancelSignal,
    ask: ModelAsk,
  ): Promise<ModelEnd> {
    signal.throwIfAborted();
    const { replies, paceMs } = this.model;
    const asked = ask.turn ?? askedBy(messages);
    const reply = matchingReply(replies, asked, this.asks.next(asked.message ?? ''));
    if (!reply) throw noReply();
    const playback = new Playback({ asked, paceMs, sink, signal });
    await playback.play(reply.play);
    const counted = { promptTokens: wordsOf(messages), completionTokens: playback.tokens };
    return {
      finishReason: reply.finish,
      usage: reply.usage === 'counted' ? counted : reply.usage,
    };
  }
}

function noReply(): AppError {
  return invalid({ field: 'message', message: 'is matched by no reply of this scenario' });
}
