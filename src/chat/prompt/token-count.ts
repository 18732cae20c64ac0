import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import type { Tool, Vocabulary } from '../../domain/model.js';
import { contentOf, imagesIn, IMAGE_TOKENS } from './prompt-images.js';
import { addForSmallVocabulary } from './small-vocabulary.js';
import {
  LETTER_CLASSES,
  LETTER_OF_UNIT,
  PAIR_WEIGHTS,
  PARTS_OF_A_TOKEN,
  UNIT_WEIGHTS,
} from './token-weights.js';
import {
  BLOCK_BITS,
  FRAME,
  KIND_OF_BLOCK,
  LATIN,
  noTokens,
  sumOf,
  type TokenCounts,
} from './writing-kinds.js';

/** What a chat template puts around one message, in tokens. */
const MESSAGE_OVERHEAD = 6;

const SPACE = 0x20;
/** A digit is a token; so is the space before it. */
const DIGIT = PARTS_OF_A_TOKEN;
const SPACE_BEFORE_DIGIT = 0.9 * PARTS_OF_A_TOKEN;
const FACE = 2.3 * PARTS_OF_A_TOKEN;
const SPACE_BEFORE_EMOJI = 0.3 * PARTS_OF_A_TOKEN;
/** Signs that follow each other are often one token, the more so where they are the same. */
const SIGN = 0.85 * PARTS_OF_A_TOKEN;
const SIGN_AFTER_ANOTHER = 0.4 * PARTS_OF_A_TOKEN;
const SIGN_AGAIN = 0.1 * PARTS_OF_A_TOKEN;
/** A line's end belongs to the sign before it; a run of white space is about one token. */
const LINE_END = 0.6 * PARTS_OF_A_TOKEN;
const LINE_END_AFTER_SIGN = 0.15 * PARTS_OF_A_TOKEN;
const FURTHER_BLANK = 0.6 * PARTS_OF_A_TOKEN;
/** The same letter many times is between an eighth and a half of a token. */
const LETTER_AGAIN = 0.5 * PARTS_OF_A_TOKEN;
const LAST_ASCII_LETTER = 26;

/** An estimate of a text's length in tokens, for a model with such a vocabulary. */
export function estimateTokens(text: string, vocabulary: Vocabulary = 'large'): number {
  const counts = noTokens();
  addEstimate(counts, text, vocabulary);
  return Math.ceil(sumOf(counts));
}

/** Adds the estimate of a text, by the kinds of its writing. */
export function addEstimate(counts: TokenCounts, text: string, vocabulary: Vocabulary): void {
  if (vocabulary === 'small') addForSmallVocabulary(counts, text);
  else addForLargeVocabulary(counts, text);
}

/**
 * The estimate for current models. It is meant to be 1.0 to 1.3 times what the tokenizers of
 * current models count, in any language: a prompt must not exceed the context, and should use most
 * of it. Asking the model's own tokenizer would be exact, but Ollama offers no such call and
 * LangChain's counter fetches one from the network.
 *
 * Reads character by character: every turn counts its whole history, and a regular expression that
 * cuts it into pieces takes twenty times as long.
 */
function addForLargeVocabulary(counts: TokenCounts, text: string): void {
  const letters = LETTER_OF_UNIT;
  const pairs = PAIR_WEIGHTS;
  let weight = 0;
  /** The row of the letter before this character. */
  let letterBefore = 0;
  /** How often that letter was there before, one after the other. */
  let repeats = 0;
  /** White space before this character. */
  let blanks = 0;
  /** The ASCII sign before this character; 0: it was none. */
  let sign = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const letter = letters[unit] ?? 0;
    const pair = pairs[letterBefore + letter] ?? 0;
    const row = letter * LETTER_CLASSES;
    repeats = isAscii(letter) && row === letterBefore ? repeats + 1 : 0;
    weight += repeats > 2 ? LETTER_AGAIN : pair;
    letterBefore = row;
    if (letter !== 0) {
      blanks = 0;
      sign = 0;
    } else if (isBlank(unit)) {
      weight += blanks === 0 ? firstBlank(unit, sign) : blanks === 1 ? FURTHER_BLANK : 0;
      blanks += 1;
      sign = 0;
    } else {
      if (unit >= 0x80) addBeyondAscii(counts, text, at, blanks === 1);
      else if (isDigit(unit)) weight += blanks === 1 ? DIGIT + SPACE_BEFORE_DIGIT : DIGIT;
      else weight += sign === 0 ? SIGN : sign === unit ? SIGN_AGAIN : SIGN_AFTER_ANOTHER;
      blanks = 0;
      sign = unit < 0x80 && !isDigit(unit) ? unit : 0;
    }
  }
  weight += pairs[letterBefore] ?? 0;
  counts[LATIN] = (counts[LATIN] ?? 0) + weight / PARTS_OF_A_TOKEN;
}

/** Of classes of letters: those that are one letter each. */
function isAscii(letter: number): boolean {
  return letter > 0 && letter <= LAST_ASCII_LETTER;
}

function isBlank(unit: number): boolean {
  return unit === SPACE || (unit >= 0x09 && unit <= 0x0d);
}

/** A space belongs to the word after it. */
function firstBlank(unit: number, sign: number): number {
  if (unit === SPACE) return 0;
  return sign === 0 ? LINE_END : LINE_END_AFTER_SIGN;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function addBeyondAscii(counts: TokenCounts, text: string, at: number, afterSpace: boolean): void {
  const kind = KIND_OF_BLOCK[text.charCodeAt(at) >> BLOCK_BITS] ?? LATIN;
  const weight = beyondAscii(text, at, afterSpace);
  counts[kind] = (counts[kind] ?? 0) + weight / PARTS_OF_A_TOKEN;
}

/** Of a character in two units the first counts: nearly all of them are emoji. */
function beyondAscii(text: string, at: number, afterSpace: boolean): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xd83c || unit > 0xd83e) return UNIT_WEIGHTS[unit] ?? 0;
  const weight = isFace(unit, text.charCodeAt(at + 1)) ? FACE : (UNIT_WEIGHTS[unit] ?? 0);
  return afterSpace ? weight + SPACE_BEFORE_EMOJI : weight;
}

/** Faces are more common than other emoji, and shorter in tokens. */
function isFace(unit: number, next: number): boolean {
  return unit === 0xd83d && next >= 0xde00 && next <= 0xde4f;
}

/** Estimated tokens of one message in a prompt, its frame included, without its images. */
export function messageTokens(message: BaseMessage, vocabulary: Vocabulary): TokenCounts {
  const counts = noTokens();
  counts[FRAME] = MESSAGE_OVERHEAD;
  addEstimate(counts, contentOf(message), vocabulary);
  if (AIMessage.isInstance(message)) addCalls(counts, message, vocabulary);
  return counts;
}

/** The thinking before a call, and the call. */
function addCalls(counts: TokenCounts, message: AIMessage, vocabulary: Vocabulary): void {
  const { tool_calls: calls = [], additional_kwargs: more } = message;
  if (calls.length === 0) return;
  addEstimate(counts, JSON.stringify(calls), vocabulary);
  const { reasoning_content: thinking } = more;
  if (typeof thinking === 'string') addEstimate(counts, thinking, vocabulary);
}

/** Estimated tokens of the tools, as a chat template writes them into the prompt. */
export function toolsTokens(tools: readonly Tool[], vocabulary: Vocabulary): TokenCounts {
  const counts = noTokens();
  if (tools.length === 0) return counts;
  counts[FRAME] = MESSAGE_OVERHEAD;
  addEstimate(counts, JSON.stringify(tools), vocabulary);
  return counts;
}

/** Estimated tokens of messages, for a model that has counted nothing yet. */
export function countMessages(
  messages: readonly BaseMessage[],
  vocabulary: Vocabulary = 'large',
): number {
  return messages.reduce(
    (sum, one) =>
      sum + Math.ceil(sumOf(messageTokens(one, vocabulary))) + imagesIn(one) * IMAGE_TOKENS,
    0,
  );
}
