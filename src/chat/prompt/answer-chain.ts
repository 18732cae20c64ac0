import type { BaseMessage } from '@langchain/core/messages';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { ModelEnd, TokenSink, Vocabulary } from '../../domain/model.js';
import type { ChatModel } from '../../models/model-provider.js';
import { fitContext } from './fit-context.js';

/** Input of the prompt: the earlier turns, and the message to answer. */
export interface PromptInput {
  /** System prompt first, then turns in order. */
  history: BaseMessage[];
  message: string;
}

/** The context that prompt and answer share, in tokens of a model with this vocabulary. */
export interface AnswerLimits {
  contextTokens: number;
  maxTokens: number;
  vocabulary: Vocabulary;
}

const TEMPLATE = ChatPromptTemplate.fromMessages<PromptInput>([
  new MessagesPlaceholder('history'),
  ['human', '{message}'],
]);

/** Prompt and model of one generation. */
export class AnswerChain {
  constructor(
    private readonly model: ChatModel,
    private readonly limits: AnswerLimits,
  ) {}

  /** The template is formatted directly: the traced run that `invoke` makes of it takes four times as long. */
  async streamTokens(input: PromptInput, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { contextTokens, maxTokens, vocabulary } = this.limits;
    const messages = await TEMPLATE.formatMessages({ ...input });
    const fitting = await fitContext(messages, contextTokens, maxTokens, vocabulary);
    signal.throwIfAborted();
    return this.model.streamTokens(fitting, sink, signal);
  }
}
