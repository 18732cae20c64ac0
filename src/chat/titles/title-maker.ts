import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { titlesConfig } from '../../config/namespaces.js';
import type { CancelSignal } from '../../domain/cancellation.js';
import { sameModel } from '../../domain/model-name.js';
import { NOTHING_MORE, type ModelProfile, type ModelSettings } from '../../domain/model.js';
import { ModelProvider } from '../../models/model-provider.js';
import { ConversationStore } from '../../store/conversation-store.js';
import { AnswerChain } from '../prompt/answer-chain.js';
import { PromptCounter } from '../prompt/prompt-counter.js';
import { TokenCalibrations } from '../prompt/token-calibrations.js';
import { titleIn } from './clean-title.js';
import type { TitleJob } from './title-job.js';
import { TitlePrompts, type UntitledConversation } from './title-prompts.js';
import { ENOUGH, TitleSink } from './title-sink.js';

const MAX_TOKENS = 60;

/** Whatever the conversation sets: its length and its context decide what the model server has to do. */
const SETTINGS: Omit<ModelSettings, 'model'> = {
  temperature: 0.2,
  maxTokens: MAX_TOKENS,
  topP: 1,
  stop: [],
  seed: null,
  topK: null,
  minP: null,
  repeatPenalty: null,
  presencePenalty: null,
  frequencyPenalty: null,
  think: false,
};

/** Asks a model for the title of a conversation and stores it. */
@Injectable()
export class TitleMaker {
  constructor(
    @Inject(titlesConfig.KEY) private readonly settings: ConfigType<typeof titlesConfig>,
    private readonly conversations: ConversationStore,
    private readonly models: ModelProvider,
    private readonly prompts: TitlePrompts,
    private readonly calibrations: TokenCalibrations,
  ) {}

  /**
   * Changes nothing where the conversation has another title than its first message, or the model gives
   * none. Rejects with the signal's reason once it aborts, when the connection to the model is closed.
   */
  async make(job: TitleJob, signal: CancelSignal): Promise<void> {
    const { ownerId, conversationId } = job;
    const conversation = await this.prompts.untitled(job);
    if (!conversation) return;
    const model = this.settings.model ?? job.model;
    const profile = await this.models.resolve(model);
    signal.throwIfAborted();
    const text = titleIn(await this.ask({ job, model, profile }, conversation, signal));
    if (text === null || text === conversation.title) return;
    // The store sets it only while the first message names the conversation.
    const title = { text, by: 'model' as const };
    await this.conversations.update(ownerId, conversationId, { title }, null);
  }

  private async ask(
    { job, model, profile }: { job: TitleJob; model: string; profile: ModelProfile },
    conversation: UntitledConversation,
    signal: CancelSignal,
  ): Promise<string> {
    const { contextTokens, vocabulary, isScripted = false } = profile;
    const counter = new PromptCounter(vocabulary, this.calibrations.of(model, job));
    const input = await conversation.prompt(profile, counter.text);
    signal.throwIfAborted();
    const chatModel = this.models.chatModel({ model, ...SETTINGS }, profile);
    const truncation = 'error' as const;
    const limits = { contextTokens, maxTokens: MAX_TOKENS, truncation, isScripted };
    // Tools stand before the messages in the prompt of a model.
    const ask = sameModel(model, job.model) ? { ...NOTHING_MORE, tools: job.tools } : NOTHING_MORE;
    const chain = new AnswerChain(chatModel, limits, counter, ask);
    const sink = new TitleSink();
    try {
      await chain.streamTokens(input, sink, signal);
    } catch (error) {
      if (error !== ENOUGH) throw error;
    }
    return sink.text;
  }
}
