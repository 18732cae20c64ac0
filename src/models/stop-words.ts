/**
 * The stop words to ask for: a request's own take the place of those of the Modelfile in Ollama, and
 * without these a model runs past the end of its answer. A request without any leaves them in force.
 */
export function withModelsStopWords(
  requested: readonly string[],
  ofModel: readonly string[],
): string[] {
  return requested.length === 0 ? [] : [...new Set([...requested, ...ofModel])];
}
