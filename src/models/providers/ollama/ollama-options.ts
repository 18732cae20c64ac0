/** What the adapter needs to know of its Ollama; the module takes it from the settings. */
export interface OllamaOptions {
  /** Address with an optional path prefix and credentials: `http://localhost:11434`. */
  baseUrl: string;
  defaultModel: string;
  /** Longest silence of the model, before or between tokens, in milliseconds. */
  timeoutMs: number;
  /** Further attempts after one that failed before a byte of the answer. */
  retries: number;
  /** Context size to ask for, in tokens; null: the model's own, up to 8,192. */
  numCtx: number | null;
  /** `keep_alive` as Ollama takes it, with a unit (`5m`, `-1s`); null: Ollama's own default. */
  keepAlive: string | null;
  /** Names that may be used; null: every local model. */
  allow: readonly string[] | null;
}
