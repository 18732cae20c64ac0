import { Injectable } from '@nestjs/common';
import type { OutputFormat, ModelAsk, ModelProfile, Vocabulary } from '../domain/model.js';
import type { Truncation } from '../domain/report.js';
import type { AnswerSource } from '../generation/generation-runner.js';
import { ruled, type CallRule } from './call-rule.js';
import type { ModelParameters } from './chat-command.js';
import { AnswerFormats } from './format/answer-formats.js';
import { AnswerChain, type PromptInput } from './prompt/answer-chain.js';
import { PromptCounter } from './prompt/prompt-counter.js';
import { TokenCalibrations } from './prompt/token-calibrations.js';
import type { CallIds } from './tool-calls.js';
import type { ClaimedTurn } from './turn-claims.js';
import { TurnModels } from './turn-models.js';

/** The model's input for an answer. */
export interface AnswerInput {
  /**
   * The prompt for a model, which is known only when it is needed; `count` gives the tokens of a text.
   */
  prompt(
    model: Pick<ModelProfile, 'contextTokens' | 'capabilities' | 'unsaid'>,
    count: (text: string) => number,
  ): Promise<PromptInput>;
  /** Ids for the tool calls of its answer. */
  callIds: CallIds;
}

/** How a model is asked for an answer. */
export interface AskedModel {
  model: string;
  parameters: ModelParameters;
  ask: ModelAsk;
  truncation: Truncation;
  /**
   * The context window at most, in tokens; left out or null: the model's. The model server is asked for the
   * model's all the same: for another one it would load the model anew.
   */
  contextTokens?: number | null;
  /** Null: the model decides. */
  calls?: CallRule | null;
  /**
   * Room in the context that is kept for the answer; left out: all of `maxTokens`. Where it is less, the
   * answer ends with the context.
   */
  leastAnswer?: number;
}

type Live = ClaimedTurn['live'];

/** Makes the sources of answers: prompt, model, and what is judged of the answer. */
@Injectable()
export class AnswerSources {
  constructor(
    private readonly models: TurnModels,
    private readonly formats: AnswerFormats,
    private readonly calibrations: TokenCalibrations,
  ) {}

  /** Throws `validation`, `queue_full`. */
  assertUsable(format: OutputFormat | null): Promise<void> {
    return this.formats.assertUsable(format);
  }

  /** Counts the tokens of a prompt, as the model counts them as far as that is known. */
  counter(
    vocabulary: Vocabulary,
    model: string,
    conversation: { ownerId: string; conversationId: string },
  ): PromptCounter {
    return new PromptCounter(vocabulary, this.calibrations.of(model, conversation));
  }

  /**
   * Model and context are looked up while the generation runs, so that it can be stopped meanwhile.
   */
  of(asked: AskedModel, live: Live, input: AnswerInput): AnswerSource {
    const { maxTokens } = asked.parameters;
    let chain: AnswerChain | null = null;
    const stream: AnswerSource['stream'] = async (sink, signal) => {
      try {
        const profile = await this.models.resolve(asked.model);
        signal.throwIfAborted();
        const counter = this.counter(profile.vocabulary, asked.model, live.record);
        chain = this.chain(asked, profile, live, counter);
        const rule = ruled(sink, asked.calls ?? null);
        const window = { ...profile, contextTokens: windowOf(asked, profile) };
        const prompt = await input.prompt(window, counter.text);
        return rule.ended(await chain.streamTokens(prompt, rule.sink, signal));
      } catch (error) {
        live.fail();
        throw error;
      }
    };
    const { callIds } = input;
    const { format } = asked.ask;
    return {
      maxTokens,
      stream,
      context: () => chain?.context ?? null,
      promptTokens: () => chain?.promptTokens ?? null,
      callId: (given) => callIds.unique(given),
      judge:
        format === null || asked.calls?.required.length
          ? null
          : (text) => this.formats.judge(format, text),
    };
  }

  private chain(
    asked: AskedModel,
    profile: ModelProfile,
    live: Live,
    counter: PromptCounter,
  ): AnswerChain {
    const { model, parameters, ask, truncation, leastAnswer } = asked;
    const { isScripted = false } = profile;
    const contextTokens = windowOf(asked, profile);
    const { maxTokens } = parameters;
    const settings = { model, ...parameters, maxTokens: Math.min(maxTokens, contextTokens) };
    const chatModel = this.models.chatModel(settings, profile, live);
    const room = Math.min(maxTokens, leastAnswer ?? maxTokens);
    const limits = { contextTokens, maxTokens: room, truncation, isScripted };
    return new AnswerChain(chatModel, limits, counter, ask);
  }
}

/** The context window that an answer may use, in tokens. */
export function windowOf(
  { contextTokens = null }: Pick<AskedModel, 'contextTokens'>,
  profile: Pick<ModelProfile, 'contextTokens'>,
): number {
  return Math.min(contextTokens ?? Infinity, profile.contextTokens);
}
