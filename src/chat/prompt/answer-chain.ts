import type { BaseMessage } from '@langchain/core/messages';
import { ChatPromptTemplate, MessagesPlaceholder } from '@langchain/core/prompts';
import type { CancelSignal } from '../../domain/cancellation.js';
import type { ContextUse, Truncation } from '../../domain/report.js';
import type { AskedTurn, ModelAsk, ModelEnd, TokenSink } from '../../domain/model.js';
import type { ChatModel } from '../../models/model-provider.js';
import { AppError } from '../../common/errors/app-error.js';
import { fitContext, fitShorter } from './fit-context.js';
import { loadImages, type ReadImage } from './prompt-images.js';
import type { PromptCounter } from './prompt-counter.js';

/** Input of the prompt. */
export interface PromptInput {
  /** System prompt first, then turns in order; the last one is to be answered. */
  messages: BaseMessage[];
  /** Messages of the conversation that were not even read, since they cannot fit. */
  unread: number;
  /** Reads the images of the messages that are sent. */
  readImage: ReadImage;
  /** Left out where the messages alone are what is asked. */
  asked?: AskedTurn;
}

/** The context that prompt and answer share, in tokens, and what happens to what does not fit. */
export interface AnswerLimits {
  contextTokens: number;
  maxTokens: number;
  truncation: Truncation;
  /** As in `ModelProfile`. */
  isScripted?: boolean;
}

/**
 * A prompt that the model server refused as too long is sent again with these parts of its tokens, each
 * after the refusal of the one before; 0 is nothing but what is needed.
 */
const SHORTENINGS = [0.9, 0.8, 0.6, 0];

const TEMPLATE = ChatPromptTemplate.fromMessages<Pick<PromptInput, 'messages'>>([
  new MessagesPlaceholder('messages'),
]);

/** Prompt and model of one generation. */
export class AnswerChain {
  private used: ContextUse | null = null;
  private sentTokens: number | null = null;

  constructor(
    private readonly model: ChatModel,
    private readonly limits: AnswerLimits,
    private readonly counter: PromptCounter,
    private readonly ask: ModelAsk,
  ) {}

  /** What was sent, once it was. */
  get context(): ContextUse | null {
    return this.used;
  }

  /** An estimate of its tokens, once it was sent. */
  get promptTokens(): number | null {
    return this.sentTokens;
  }

  /** The template is formatted directly: the traced run that `invoke` makes of it takes four times as long. */
  async streamTokens(input: PromptInput, sink: TokenSink, signal: CancelSignal): Promise<ModelEnd> {
    const { contextTokens, maxTokens } = this.limits;
    const messages = await TEMPLATE.formatMessages({ messages: input.messages });
    const all = messages.length + input.unread;
    const ask = input.asked
      ? { tools: this.ask.tools, format: this.ask.format, turn: input.asked }
      : this.ask;
    const asked = this.counter.ask(this.ask);
    let fitting = await fitContext(messages, {
      contextTokens: contextTokens - asked.tokens,
      maxTokens,
      count: this.counter.messages,
      atLeast: (some) => this.counter.atLeast(some) + asked.atLeast - asked.tokens,
    });
    for (let shortenings = 0; ; shortenings += 1) {
      this.use(fitting, all);
      signal.throwIfAborted();
      try {
        const loaded = await loadImages(fitting, input.readImage);
        signal.throwIfAborted();
        this.sentTokens = Math.ceil(this.counter.messages(fitting) + asked.tokens);
        const end = await this.model.streamTokens(loaded, sink, signal, ask);
        if (!this.limits.isScripted) this.counter.learn(fitting, this.ask, end, contextTokens);
        return end;
      } catch (error) {
        fitting = await this.shorter(messages, fitting, shortenings, error);
      }
    }
  }

  /** Notes what is sent. Throws `context_exceeded` where nothing may be left out. */
  private use(fitting: BaseMessage[], all: number): void {
    const { contextTokens: window, truncation } = this.limits;
    const messagesLeftOut = all - fitting.length;
    if (truncation === 'error' && messagesLeftOut > 0) throw notWhole();
    this.used = { window, messagesUsed: fitting.length, messagesLeftOut };
  }

  /** What is sent after a refusal as too long, of which no token came. Throws any other error again. */
  private async shorter(
    messages: BaseMessage[],
    sent: BaseMessage[],
    shortenings: number,
    error: unknown,
  ): Promise<BaseMessage[]> {
    if (!(error instanceof AppError) || error.reason !== 'context_exceeded') throw error;
    if (this.limits.isScripted) throw error;
    this.counter.learnRefusal(sent, this.ask, this.limits.contextTokens);
    const part = SHORTENINGS[shortenings];
    if (part === undefined) throw error;
    const shorter = await fitShorter(messages, sent, { part, count: this.counter.messages });
    if (!shorter) throw error;
    return shorter;
  }
}

function notWhole(): AppError {
  return new AppError(
    'context_exceeded',
    'The conversation is too long for the context of this model; send truncation "auto" to leave its oldest messages out, or choose a model with a larger context',
    { details: [{ field: 'truncation', message: 'is error, and earlier messages do not fit' }] },
  );
}
