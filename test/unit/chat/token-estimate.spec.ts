import { readFileSync } from 'node:fs';
import { HumanMessage } from '@langchain/core/messages';
import { fitContext } from '../../../src/chat/prompt/fit-context.js';
import { countMessages, estimateTokens } from '../../../src/chat/prompt/token-count.js';

interface CountedText {
  /** Language or kind of the text. */
  what: string;
  text: string;
  /** Tokens, as the tokenizers of both models count them (scripts/token-estimate/count.mjs). */
  qwen3: number;
  llama3: number;
}

const file = new URL('../../support/token-texts.json', import.meta.url);
const TEXTS = JSON.parse(readFileSync(file, 'utf8')) as CountedText[];

/** Letters that are shared with English, in languages that tokenizers know less well. */
const NEAR_ENGLISH = new Set(['French', 'Spanish', 'Polish', 'Indonesian']);

describe('the token estimate', () => {
  it.each(TEXTS.map((entry): [string, CountedText] => [entry.what, entry]))(
    'of %s is not below what current tokenizers count, and not more than 1.3 times that',
    (what, { text, qwen3, llama3 }) => {
      const ratio = estimateTokens(text) / Math.max(qwen3, llama3);
      expect(ratio).toBeGreaterThanOrEqual(NEAR_ENGLISH.has(what) ? 0.95 : 1);
      expect(ratio).toBeLessThanOrEqual(1.3);
    },
  );

  it('grows with each part of a text, however it is cut', () => {
    for (const { text } of TEXTS) {
      let before = 0;
      for (let end = 0; end <= text.length; end += 7) {
        const tokens = estimateTokens(text.slice(0, end));
        // The end of a word adds to it, so that a word that goes on may be a little shorter.
        expect(tokens).toBeGreaterThanOrEqual(before - 2);
        before = tokens;
      }
    }
  });

  it('lets 4,000 characters of Chinese leave half of 8,192 tokens for the answer', async () => {
    const text = TEXTS.find(({ what }) => what === 'Chinese')?.text ?? '';
    const message = new HumanMessage(text.repeat(20).slice(0, 4_000));
    await expect(
      fitContext([message], { contextTokens: 8_192, maxTokens: 4_096 }),
    ).resolves.toEqual([message]);
    expect(estimateTokens(message.text)).toBeLessThan(4_096);
  });

  // Tokens of Qwen 3 and Llama 3 for 10,000 of them: 1,250 (a, x) to 5,000 (z).
  it.each(['a', 'A', 'e', 'f', 'x', 'z'])('of 10,000 %s leaves room in 8,192 tokens', (letter) => {
    const tokens = estimateTokens(letter.repeat(10_000));
    expect(tokens).toBeLessThanOrEqual(5_010);
    expect(tokens).toBeGreaterThanOrEqual(/[gz]/.test(letter) ? 5_000 : 1_250);
  });

  it.each([
    ['', 0],
    ['hello world', 4],
    ['12345', 5],
    ['你好', 4],
    ['🙂 é', 4],
    ['a \n\n b', 3],
    ['f(x) = "y";', 9],
  ])('of %j for a small vocabulary is %d', (text, tokens) => {
    expect(estimateTokens(text, 'small')).toBe(tokens);
  });

  it('leaves less of a conversation to a model with a small vocabulary', async () => {
    const text = TEXTS.find(({ what }) => what === 'Chinese')?.text ?? '';
    const messages = Array.from({ length: 20 }, () => new HumanMessage(text));
    const large = await fitContext(messages, {
      contextTokens: 4_096,
      maxTokens: 512,
    });
    const small = await fitContext(messages, {
      contextTokens: 4_096,
      maxTokens: 512,
      count: (some) => countMessages(some, 'small'),
    });
    expect(small.length).toBeLessThan(large.length / 1.5);
  });

  it.each(['', ' ', '\n'])('of %j is nothing, or next to it', (text) => {
    expect(estimateTokens(text)).toBeLessThanOrEqual(1);
  });
});
