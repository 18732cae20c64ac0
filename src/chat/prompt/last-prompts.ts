import type { TokenCounts } from './writing-kinds.js';

/** A prompt that a model counted. */
export interface CountedPrompt {
  /** Full name of the model. */
  model: string;
  /** Its estimate. */
  counts: TokenCounts;
  /** Its tokens, as the model counted them. */
  tokens: number;
}

/** Conversations that are remembered, at a few hundred bytes each. */
const MOST = 5_000;

/** The last counted prompt of the conversations that were answered last. */
export class LastPrompts {
  private readonly prompts = new Map<string, CountedPrompt>();

  of(conversation: string, model: string): CountedPrompt | null {
    const prompt = this.prompts.get(conversation);
    return prompt?.model === model ? prompt : null;
  }

  set(conversation: string, prompt: CountedPrompt): void {
    this.prompts.delete(conversation);
    this.prompts.set(conversation, prompt);
    const [oldest] = this.prompts.keys();
    if (this.prompts.size > MOST && oldest !== undefined) this.prompts.delete(oldest);
  }
}
