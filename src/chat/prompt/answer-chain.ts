import type { BaseMessage } from '@langchain/core/messages';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { ContextUse } from '../../domain/report.js';
import type { ModelAsk, ModelEnd, TokenSink, Vocabulary } from '../../domain/model.js';
import type { ChatModel } from '../../models/model-provider.js';
import { fitContext } from './fit-context.js';
import { countTools } from './token-count.js';

/** Input of the prompt. */
export interface PromptInput {
  /** System prompt first, then turns in order; the last one is to be answered. */
  messages: BaseMessage[];
  /** Messages of the conversation that were not even read, since they cannot fit. */
  unread: number;
}

/** The context that prompt and answer share, in tokens of a model with this vocabulary. */
export interface AnswerLimits {
  contextTokens: number;
  maxTokens: number;
  vocabulary: Vocabulary;
}

const TEMPLATE = ChatPromptTemplate.fromMessages<Pick<PromptInput, 'messages'>>([
  new MessagesPlaceholder('messages'),
]);

/** Prompt and model of one generation. */
export class AnswerChain {
  private used: ContextUse | null = null;

  constructor(
    private readonly model: ChatModel,
    private readonly limits: AnswerLimits,
    private readonly ask: ModelAsk,
  ) {}

  /** What was sent, once it was. */
  get context(): ContextUse | null {
    return this.used;
  }

  /** The template is formatted directly: the traced run that `invoke` makes of it takes four times as long. */
  async streamTokens(input: PromptInput, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { contextTokens, maxTokens, vocabulary } = this.limits;
    const { unread } = input;
    const messages = await TEMPLATE.formatMessages({ messages: input.messages });
    const toolTokens = countTools(this.ask.tools, vocabulary);
    const limits = { contextTokens: contextTokens - toolTokens, maxTokens, vocabulary };
    const fitting = await fitContext(messages, limits);
    this.used = {
      window: contextTokens,
      messagesUsed: fitting.length,
      messagesLeftOut: unread + messages.length - fitting.length,
    };
    signal.throwIfAborted();
    return this.model.streamTokens(fitting, sink, signal, this.ask);
  }
}
