import type { OllamaAddress } from './transport/request-headers.js';

/** What the adapter needs to know of its Ollama; the module takes it from the settings. */
export interface OllamaOptions extends OllamaAddress {
  defaultModel: string;
  /** Longest silence of the model, before or between tokens, in milliseconds. */
  timeoutMs: number;
  /** Further attempts after one that failed before a byte of the answer. */
  retries: number;
  /** Largest context size to ask for, in tokens; null: what the model asks for, see its provider. */
  numCtx: number | null;
  /** `keep_alive` as Ollama takes it, with a unit (`5m`, `-1s`); null: Ollama's own default. */
  keepAlive: string | null;
  /** Names that may be used; null: every local model. */
  allow: readonly string[] | null;
}
