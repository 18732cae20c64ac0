import { TooLongError } from '../engine.mjs';

/**
 * @typedef {import('../engine.mjs').ChatMessage} ChatMessage
 * @typedef {import('./binding.mjs').Token} Token
 * @typedef {(text: string, specialTokens: boolean) => Token[]} Tokenize
 */

/** ChatML, the format that SmolLM2 was trained on, in the words of Ollama's template language. */
export const TEMPLATE =
  '{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n';

/** Ends of a turn; a model that writes one has finished. */
export const TURN_MARKS = ['<|im_end|>', '<|im_start|>'];

/** Without a system prompt this model rambles. */
const DEFAULT_SYSTEM = 'You are a helpful assistant. Answer briefly and clearly.';

/**
 * The tokens of a conversation, ready to be answered. Where it does not fit, the oldest turns are
 * left out, never the system prompt or the last message; if these alone do not fit, the beginning
 * of the text is cut, so that half of the window is left for an answer. Throws `TooLongError` instead
 * where nothing may be left out.
 *
 * @param {ChatMessage[]} messages At least one.
 * @param {{ window: number, truncate: boolean }} limits The window is the tokens of prompt and answer
 *   together.
 * @param {Tokenize} tokenize
 * @returns {Token[]}
 */
export function promptTokens(messages, { window, truncate }, tokenize) {
  const system = { role: 'system', content: DEFAULT_SYSTEM };
  const all = messages.some((message) => message.role === 'system')
    ? messages
    : [system, ...messages];
  const cue = tokenize('<|im_start|>assistant\n', true);
  const turns = all.map((message) => ({ message, tokens: turnTokens(message, tokenize) }));
  const room = window - cue.length - 1;
  if (!truncate && lengthOf(turns) > room) throw new TooLongError();
  const tokens = [...newestThatFit(turns, room), ...cue];
  return tokens.length < window ? tokens : tokens.slice(-Math.ceil(window / 2));
}

/**
 * @param {{ message: ChatMessage, tokens: Token[] }[]} turns
 * @param {number} room
 * @returns {Token[]}
 */
function newestThatFit(turns, room) {
  let length = lengthOf(turns);
  const kept = turns.filter((turn, index) => {
    const removable = turn.message.role !== 'system' && index < turns.length - 1;
    if (length <= room || !removable) return true;
    length -= turn.tokens.length;
    return false;
  });
  return kept.flatMap((turn) => turn.tokens);
}

/** @param {{ tokens: Token[] }[]} turns */
function lengthOf(turns) {
  return turns.reduce((sum, turn) => sum + turn.tokens.length, 0);
}

/**
 * The content is read as plain text: a user who types a mark does not end the turn.
 *
 * @param {ChatMessage} message
 * @param {Tokenize} tokenize
 */
function turnTokens({ role, content }, tokenize) {
  return [
    ...tokenize(`<|im_start|>${role}\n`, true),
    ...tokenize(content, false),
    ...tokenize('<|im_end|>\n', true),
  ];
}
