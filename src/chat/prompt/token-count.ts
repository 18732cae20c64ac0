import type { BaseMessage } from '@langchain/core/messages';

/** What a chat template puts around one message, in tokens. */
const MESSAGE_OVERHEAD = 6;

/** Letters of a word that one token stands for. */
const LETTERS_A_TOKEN = 4;

/**
 * An estimate that errs on the high side for the tokenizers that Ollama's models have: a token for
 * four letters of a word, for each digit and sign, for white space that is more than one blank, two
 * for a character beyond ASCII. Asking the model's own tokenizer would be exact, but Ollama offers no
 * such call and LangChain's counter fetches one from the network.
 *
 * Reads character by character: every turn counts its whole history, and a regular expression that
 * cuts it into pieces takes twenty times as long.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  let letters = 0;
  let blanks = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isLetter(code)) {
      tokens += letters % LETTERS_A_TOKEN === 0 ? 1 : 0;
      letters += 1;
      blanks = 0;
    } else if (isBlank(code)) {
      // A tab or a line's end weighs as two spaces: the run counts once it weighs more than one.
      const weight = blanks + (code === SPACE ? 1 : 2);
      tokens += blanks < 2 && weight >= 2 ? 1 : 0;
      blanks = weight;
      letters = 0;
    } else {
      tokens += code < 0x80 ? 1 : tokensBeyondAscii(code);
      letters = 0;
      blanks = 0;
    }
  }
  return tokens;
}

const SPACE = 0x20;

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 0x09 && code <= 0x0d);
}

/** Of a character in two halves, the first counts. */
function tokensBeyondAscii(code: number): number {
  return code >= 0xdc00 && code <= 0xdfff ? 0 : 2;
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
