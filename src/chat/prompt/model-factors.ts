import { KINDS, type TokenCounts } from './writing-kinds.js';

/** How far a factor may be from 1, either way: nothing that a tokenizer counts is further. */
export const FURTHEST = 4;
/**
 * Part of an error that one prompt corrects. A prompt that was longer than estimated counts more: an
 * estimate that is too low is refused by the model server, one that is too high only sends less.
 */
const RATE_UP = 0.7;
const RATE_DOWN = 0.2;
/** A change that is worth storing. */
const NOTABLE = 0.01;

/**
 * What one model's tokenizer counts for an estimated token of each kind of writing. It is fitted to
 * the counts of prompts, one at a time (normalised least mean squares): each kind takes its part of
 * the error by its part of the prompt.
 */
export class ModelFactors {
  private readonly values = new Float64Array(KINDS.length).fill(1);
  private readonly stored = new Float64Array(KINDS.length).fill(1);
  private learnt = false;

  /** Whether anything was learnt of this model, here or by another worker. */
  get isLearnt(): boolean {
    return this.learnt;
  }

  /** Whether it differs notably from what the store has. */
  get isChanged(): boolean {
    return this.values.some(
      (value, kind) => Math.abs(value / (this.stored[kind] ?? 1) - 1) > NOTABLE,
    );
  }

  of(kind: number): number {
    return this.values[kind] ?? 1;
  }

  /** Tokens of a prompt whose estimate this is. */
  tokens(counts: TokenCounts): number {
    return counts.reduce((sum, tokens, kind) => sum + tokens * this.of(kind), 0);
  }

  /** The model counted so many tokens for this estimate. */
  learn(counts: TokenCounts, tokens: number): void {
    const error = tokens - this.tokens(counts);
    const length = counts.reduce((sum, count) => sum + count * count, 0);
    if (length === 0) return;
    const step = ((error > 0 ? RATE_UP : RATE_DOWN) * error) / length;
    for (const [kind, count] of counts.entries()) {
      this.values[kind] = bounded(this.of(kind) + step * count);
    }
    this.learnt = true;
  }

  /** The factors by the names of the kinds; from now on they count as stored. */
  toStore(): Record<string, number> {
    this.stored.set(this.values);
    return Object.fromEntries(KINDS.map((name, kind) => [name, this.of(kind)]));
  }

  /** They were not stored after all. */
  notStored(): void {
    this.stored.fill(0);
  }

  /** Takes what the store has; kinds that it does not name stay as they are. */
  fromStore(factors: Readonly<Record<string, number>>): void {
    for (const [kind, name] of KINDS.entries()) {
      const factor = factors[name];
      if (factor !== undefined && Number.isFinite(factor)) this.values[kind] = bounded(factor);
    }
    this.stored.set(this.values);
    this.learnt = true;
  }
}

function bounded(factor: number): number {
  return Math.min(FURTHEST, Math.max(1 / FURTHEST, factor));
}
