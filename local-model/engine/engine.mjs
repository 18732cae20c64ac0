/**
 * What answers a chat: a language model or the scripted stand-in. The HTTP side knows only this.
 *
 * @typedef {object} Engine
 * @property {ModelCard} model
 * @property {(request: GenerateRequest) => AsyncIterable<Piece>} generate Yields texts, then one
 *   end. Stops, and frees what it holds, once `signal` is aborted or the reader leaves the loop.
 *   Before the first piece it throws `BusyError` when too many requests wait already, `FormatError`
 *   for a format that it cannot follow, `TooLongError` where nothing may be left out and the prompt
 *   does not fit.
 * @property {() => Promise<void>} dispose
 */

/**
 * The facts about a model in `/api/tags` and `/api/show`.
 *
 * @typedef {object} ModelCard
 * @property {string} name With its tag, as Ollama lists it.
 * @property {string} digest SHA-256, hexadecimal.
 * @property {number} size Bytes.
 * @property {string} modifiedAt ISO 8601.
 * @property {{ format: string, family: string, parameterSize: string, quantization: string }}
 *   details
 * @property {Record<string, unknown>} info GGUF-like facts, with `<architecture>.context_length`.
 * @property {string} template
 * @property {string} license
 */

/** @typedef {{ role: string, content: string }} ChatMessage */

/**
 * @typedef {object} GenerateRequest
 * @property {ChatMessage[]} messages At least one.
 * @property {import('./options.mjs').Options} options
 * @property {import('./format.mjs').Format | null} format Null: text.
 * @property {boolean} truncate Whether turns may be left out of a prompt that does not fit.
 * @property {AbortSignal} signal
 */

/**
 * @typedef {{ kind: 'text', text: string } | End} Piece
 * @typedef {object} End
 * @property {'end'} kind
 * @property {'stop' | 'length'} reason
 * @property {number} promptTokens
 * @property {number} answerTokens
 */

/** The prompt leaves no room for an answer, in Ollama's words. */
export class TooLongError extends Error {
  constructor() {
    super('the input length exceeds the context length');
  }
}

/** More requests wait than this process is willing to queue. */
export class BusyError extends Error {
  constructor() {
    super('server busy, please try again. maximum pending requests exceeded');
  }
}
