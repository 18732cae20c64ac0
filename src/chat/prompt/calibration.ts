import type { LastPrompts } from './last-prompts.js';
import { FURTHEST, type ModelFactors } from './model-factors.js';
import { KINDS, sumOf, type TokenCounts } from './writing-kinds.js';

/** What is known of a prompt that was sent to a model. */
export interface SentPrompt {
  /** Its estimate. */
  counts: TokenCounts;
  /** Estimate of the longest of the messages that a server might leave out. */
  longest: TokenCounts;
  /** The model's context, in tokens. */
  window: number;
}

/** Corrects the estimates of one turn's prompt by what its model counted before. */
export interface Calibration {
  /** Tokens of what has this estimate. */
  tokens(counts: TokenCounts): number;
  /** The model was sent the prompt, and counted so many tokens. */
  counted(prompt: SentPrompt, tokens: number): void;
  /** The model refused the prompt: it is longer than the window. */
  refused(prompt: SentPrompt): void;
}

/** Nothing is known and nothing is learnt. */
export const UNCALIBRATED: Calibration = {
  tokens: sumOf,
  counted: () => undefined,
  refused: () => undefined,
};

/** A shorter prompt says little: what a template adds to every prompt is a large part of it. */
const LEAST_TOKENS = 200;
/** Part of the window from which on a count may be that of a prompt whose text was cut. */
const AT_WINDOW = 0.99;
/** A count this far below what is expected is that of a part of the prompt. */
const LEAST_OF_EXPECTED = 1 / 3;
/** How much longer a message or a prompt may be than expected. */
const LONGER = 2;
/** What an estimate that was corrected may still be too low. */
const MARGIN = 1.02;

/**
 * The factors of the model, times what its last count in this conversation adds to them: languages
 * share scripts, but a conversation seldom changes its language.
 */
export class ConversationCalibration implements Calibration {
  private weights: Float64Array;

  constructor(
    private readonly factors: ModelFactors,
    private readonly lastPrompts: LastPrompts,
    private readonly turn: { model: string; conversation: string },
  ) {
    this.weights = this.currentWeights();
  }

  tokens(counts: TokenCounts): number {
    const { weights } = this;
    let sum = 0;
    for (let kind = 0; kind < counts.length; kind += 1) {
      sum += (counts[kind] ?? 0) * (weights[kind] ?? 1);
    }
    return sum;
  }

  counted(prompt: SentPrompt, tokens: number): void {
    if (!this.isTelling(prompt, tokens)) return;
    this.factors.learn(prompt.counts, tokens);
    this.remember(prompt.counts, tokens);
  }

  refused({ counts, window }: SentPrompt): void {
    const expected = this.expected(counts);
    if (expected >= window || LONGER * expected < window) return;
    if (this.factors.tokens(counts) < window) this.factors.learn(counts, window);
    this.remember(counts, window);
  }

  /**
   * Servers may count a part of a prompt: what was not in a cache, or what they did not leave out. One
   * that left a message out has no room for it in the window.
   */
  private isTelling({ counts, longest, window }: SentPrompt, tokens: number): boolean {
    if (tokens < LEAST_TOKENS || tokens >= window * AT_WINDOW) return false;
    const expected = this.expected(counts);
    if (tokens >= expected) return true;
    const mayBeCut = tokens + LONGER * this.expected(longest) > window;
    return !mayBeCut && tokens >= Math.min(expected, sumOf(counts)) * LEAST_OF_EXPECTED;
  }

  private remember(counts: TokenCounts, tokens: number): void {
    const { model, conversation } = this.turn;
    const bounded = Math.min(tokens, FURTHEST * sumOf(counts));
    this.lastPrompts.set(conversation, { model, counts, tokens: bounded });
    this.weights = this.currentWeights();
  }

  /** Tokens without the margin. */
  private expected(counts: TokenCounts): number {
    return this.factors.tokens(counts) * this.ratio();
  }

  /** What the model counted of the last prompt for each token that its factors make of it. */
  private ratio(): number {
    const last = this.lastPrompts.of(this.turn.conversation, this.turn.model);
    return last ? last.tokens / this.factors.tokens(last.counts) : 1;
  }

  private currentWeights(): Float64Array {
    const { factors } = this;
    const correction = factors.isLearnt ? this.ratio() * MARGIN : 1;
    const weights = new Float64Array(KINDS.length);
    for (let kind = 0; kind < weights.length; kind += 1) {
      weights[kind] = factors.of(kind) * correction;
    }
    return weights;
  }
}
