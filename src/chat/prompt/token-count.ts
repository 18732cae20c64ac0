import type { BaseMessage } from '@langchain/core/messages';

/** What a chat template puts around one message, in tokens. */
const MESSAGE_OVERHEAD = 6;

const WORDS = /[A-Za-z]+|[0-9]|[^\sA-Za-z0-9\u0080-\u{10ffff}]|[\u0080-\u{10ffff}]|\s+/gu;

/**
 * An estimate that errs on the high side for the tokenizers that Ollama's models have: a token for
 * four letters of a word, for each digit and sign, two for a character beyond ASCII. Asking the
 * model's own tokenizer would be exact, but Ollama offers no such call and LangChain's counter
 * fetches one from the network.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(WORDS)) {
    if (piece.charCodeAt(0) >= 0x80) tokens += 2;
    else if (/[A-Za-z]/.test(piece)) tokens += Math.ceil(piece.length / 4);
    else if (/\s/.test(piece)) tokens += piece.length > 1 || piece !== ' ' ? 1 : 0;
    else tokens += 1;
  }
  return tokens;
}

/** Estimated tokens of one message in a prompt, its frame included. */
export function countMessage(message: BaseMessage): number {
  const { content } = message;
  return (
    MESSAGE_OVERHEAD +
    estimateTokens(typeof content === 'string' ? content : JSON.stringify(content))
  );
}

export function countMessages(messages: BaseMessage[]): number {
  return messages.reduce((sum, message) => sum + countMessage(message), 0);
}
