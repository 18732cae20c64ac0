import type { BaseMessage } from '@langchain/core/messages';
import type { ModelAsk, ModelEnd, Vocabulary } from '../../domain/model.js';
import { UNCALIBRATED, type Calibration, type SentPrompt } from './calibration.js';
import { imagesIn, IMAGE_TOKENS, LEAST_IMAGE_TOKENS } from './prompt-images.js';
import { addEstimate, messageTokens, toolsTokens } from './token-count.js';
import { addTokens, noTokens, sumOf, type TokenCounts } from './writing-kinds.js';

/** Counts the tokens of one turn's prompt, as well as is known; learns from what the model counts. */
export class PromptCounter {
  /** Estimates of the messages that were counted: they are counted several times. */
  private readonly estimates = new WeakMap<BaseMessage, TokenCounts>();

  constructor(
    private readonly vocabulary: Vocabulary,
    private readonly calibration: Calibration = UNCALIBRATED,
  ) {}

  /** Tokens of messages in a prompt. */
  readonly messages = (messages: readonly BaseMessage[]): number =>
    messages.reduce(
      (sum, one) => sum + this.tokens(this.estimateOf(one)) + imagesIn(one) * IMAGE_TOKENS,
      0,
    );

  /** The same by what was learnt or as first estimated, whichever is less. */
  readonly atLeast = (messages: readonly BaseMessage[]): number => {
    const estimates = messages.map((message) => this.estimateOf(message));
    const learnt = estimates.reduce((sum, counts) => sum + this.tokens(counts), 0);
    const estimated = estimates.reduce((sum, counts) => sum + sumOf(counts), 0);
    const images = messages.reduce((sum, message) => sum + imagesIn(message), 0);
    return Math.min(learnt, estimated) + images * LEAST_IMAGE_TOKENS;
  };

  /** Tokens of a message with this text. */
  readonly text = (text: string): number => {
    const counts = noTokens();
    addEstimate(counts, text, this.vocabulary);
    return Math.ceil(this.tokens(counts));
  };

  /** Tokens of what a request asks beside its messages, and the least that they may be. */
  ask({ tools }: ModelAsk): { tokens: number; atLeast: number } {
    const counts = toolsTokens(tools, this.vocabulary);
    const tokens = Math.ceil(this.tokens(counts));
    return { tokens, atLeast: Math.min(tokens, sumOf(counts)) };
  }

  /** The model answered the prompt. */
  learn(prompt: readonly BaseMessage[], ask: ModelAsk, end: ModelEnd, window: number): void {
    const tokens = end.usage?.promptTokens ?? null;
    const sent = tokens === null ? null : this.sent(prompt, ask, window);
    if (tokens !== null && sent) this.calibration.counted(sent, tokens);
  }

  /** The model refused the prompt as longer than its window. */
  learnRefusal(prompt: readonly BaseMessage[], ask: ModelAsk, window: number): void {
    const sent = this.sent(prompt, ask, window);
    if (sent) this.calibration.refused(sent);
  }

  /** Null for a prompt with more than text: what an image counts is not known. */
  private sent(prompt: readonly BaseMessage[], ask: ModelAsk, window: number): SentPrompt | null {
    if (prompt.some(({ content }) => typeof content !== 'string')) return null;
    const counts = toolsTokens(ask.tools, this.vocabulary);
    let longest = noTokens();
    for (const message of prompt) {
      const estimate = this.estimateOf(message);
      addTokens(counts, estimate);
      const mayBeLeftOut = message.type !== 'system' && message !== prompt.at(-1);
      if (mayBeLeftOut && this.tokens(estimate) > this.tokens(longest)) longest = estimate;
    }
    return { counts, longest, window };
  }

  private tokens(counts: TokenCounts): number {
    return this.calibration.tokens(counts);
  }

  private estimateOf(message: BaseMessage): TokenCounts {
    const known = this.estimates.get(message);
    if (known) return known;
    const counts = messageTokens(message, this.vocabulary);
    this.estimates.set(message, counts);
    return counts;
  }
}
