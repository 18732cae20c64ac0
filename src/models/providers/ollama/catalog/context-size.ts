import type { ModelDetails } from './model-answers.js';

/** Largest context asked for unless configured: beyond it memory grows faster than its use. */
const LARGEST_BY_DEFAULT = 8_192;
/** Ollama's own default, for a model whose context length is not known. */
const WHERE_UNKNOWN = 4_096;

/**
 * The context to ask for, in tokens: the Modelfile's word counts, up to the configured size; without
 * it the configured size, without both what the model was made for, within reason. Never more than
 * that: Ollama would cut it without a word.
 */
export function contextSize(
  { numCtx, contextLength }: Pick<ModelDetails, 'numCtx' | 'contextLength'>,
  configured: number | null,
): number {
  const byDefault = Math.min(contextLength ?? WHERE_UNKNOWN, LARGEST_BY_DEFAULT);
  const wanted =
    numCtx === null ? (configured ?? byDefault) : Math.min(numCtx, configured ?? Infinity);
  return Math.min(wanted, contextLength ?? wanted);
}
