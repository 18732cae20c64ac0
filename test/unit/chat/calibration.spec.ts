import { readFileSync } from 'node:fs';
import { AIMessage, HumanMessage, SystemMessage, type BaseMessage } from '@langchain/core/messages';
import { fitContext } from '../../../src/chat/prompt/fit-context.js';
import { PromptCounter } from '../../../src/chat/prompt/prompt-counter.js';
import { TokenCalibrations } from '../../../src/chat/prompt/token-calibrations.js';
import { NOTHING_MORE } from '../../../src/domain/model.js';

const WINDOW = 4_096;
const MAX_TOKENS = 64;
const MODEL = 'some-model';
const FRAME = 5;

interface CountedText {
  what: string;
  text: string;
  qwen3: number;
  llama3: number;
}

const file = new URL('../../support/token-texts.json', import.meta.url);
const TEXTS = JSON.parse(readFileSync(file, 'utf8')) as CountedText[];
const LANGUAGES = [
  'English',
  'German',
  'Turkish',
  'Chinese',
  'Korean',
  'Hindi',
  'Arabic',
  'Hebrew',
  'Greek',
  'Thai',
  'code',
  'emoji',
];

type Tokenizer = 'qwen3' | 'llama3';

/** What the model would count: only whole texts are sent, of which that is known. */
function counted(messages: readonly BaseMessage[], tokenizer: Tokenizer): number {
  return messages.reduce((sum, { text }) => {
    const known = TEXTS.find((one) => one.text === text);
    return sum + FRAME + (known ? known[tokenizer] : 1);
  }, FRAME);
}

function counterFor(calibrations: TokenCalibrations, conversationId: string): PromptCounter {
  return new PromptCounter('large', calibrations.of(MODEL, { ownerId: 'o', conversationId }));
}

const fit = (messages: BaseMessage[], counter: PromptCounter): Promise<BaseMessage[]> =>
  fitContext(messages, {
    contextTokens: WINDOW,
    maxTokens: MAX_TOKENS,
    count: counter.messages,
    atLeast: counter.atLeast,
  });

const end = (promptTokens: number | null) => ({
  finishReason: 'stop' as const,
  usage: { promptTokens, completionTokens: 1 },
});

/** A conversation that asks the same again and again: the tokens of the prompts that are not whole. */
async function talk(
  calibrations: TokenCalibrations,
  { what, text }: CountedText,
  tokenizer: Tokenizer,
): Promise<number[]> {
  const messages: BaseMessage[] = [];
  const full: number[] = [];
  for (let turn = 0; full.length < 8; turn += 1) {
    messages.push(new HumanMessage(text));
    const counter = counterFor(calibrations, what);
    const fitting = await fit(messages, counter);
    const tokens = counted(fitting, tokenizer);
    counter.learn(fitting, NOTHING_MORE, end(tokens), WINDOW);
    if (fitting.length < messages.length) full.push(tokens);
    messages.push(new AIMessage('!'));
  }
  return full;
}

describe('the calibrated estimate', () => {
  const languages = LANGUAGES.map((name) => TEXTS.find(({ what }) => what === name)).flatMap(
    (text) => text ?? [],
  );

  it.each(['qwen3', 'llama3'] as const)(
    'lets a conversation in any of twelve languages use nine tenths of a window of %s, and not more than all',
    async (tokenizer) => {
      const calibrations = new TokenCalibrations();
      expect(languages).toHaveLength(LANGUAGES.length);
      for (const language of languages) {
        const full = await talk(calibrations, language, tokenizer);
        expect(Math.max(...full)).toBeLessThanOrEqual(WINDOW - MAX_TOKENS);
        // What is left may be too short for one more of these long messages.
        const whole = language[tokenizer] + 2 * FRAME + 1;
        expect(Math.min(...full.slice(1))).toBeGreaterThan(0.97 * (WINDOW - MAX_TOKENS) - whole);
      }
    },
  );

  describe('of a prompt', () => {
    const text = TEXTS[0]?.text ?? '';
    const prompt = [new SystemMessage(text), new HumanMessage(text), new HumanMessage(text)];
    let calibrations: TokenCalibrations;
    beforeEach(() => (calibrations = new TokenCalibrations()));

    const estimate = (conversation = 'c'): number =>
      counterFor(calibrations, conversation).messages(prompt);
    const learn = (
      tokens: number | null,
      { messages = prompt, window = WINDOW }: { messages?: BaseMessage[]; window?: number } = {},
    ): void => counterFor(calibrations, 'c').learn(messages, NOTHING_MORE, end(tokens), window);

    it('is what the model counted and a little more, in its conversation', () => {
      const before = estimate();
      learn(Math.round(before * 1.5));
      expect(estimate() / before).toBeCloseTo(1.53, 2);
      learn(Math.round(before * 0.6));
      expect(estimate() / before).toBeCloseTo(0.612, 2);
    });

    it('follows a longer count at once elsewhere, and a shorter one slowly', () => {
      const before = estimate();
      learn(Math.round(before * 0.6));
      expect(estimate('other') / before).toBeCloseTo(0.94, 1);
      learn(Math.round(before * 1.5));
      expect(estimate('other') / before).toBeGreaterThan(1.3);
    });

    it.each<[string, (tokens: number) => void]>([
      ['no count', () => learn(null)],
      ['a count at the window', (tokens) => learn(tokens, { window: tokens })],
      [
        'a count that leaves no room for what may have been cut',
        (tokens) => {
          learn(tokens * 0.6, { window: tokens });
        },
      ],
      ['a count of a small part of the prompt', (tokens) => learn(tokens * 0.2, { window: 1e6 })],
      ['a short prompt', () => learn(90, { messages: [new HumanMessage('Hello')] })],
      [
        'a prompt with an image',
        (tokens) => {
          const image = { type: 'image_url', image_url: 'data:image/png;base64,AA' };
          learn(tokens * 2, {
            messages: [new HumanMessage({ content: [{ type: 'text', text }, image] })],
          });
        },
      ],
    ])('learns nothing of %s', (_, teach) => {
      const before = estimate();
      teach(before);
      expect(estimate()).toBe(before);
    });

    it('learns of a refusal that the prompt is longer than the window, but not more than can be', () => {
      const before = estimate();
      const refuse = (window: number) =>
        counterFor(calibrations, 'c').learnRefusal(prompt, NOTHING_MORE, window);
      refuse(100 * before);
      expect(estimate()).toBe(before);
      refuse(Math.round(before * 1.4));
      expect(estimate()).toBeGreaterThanOrEqual(before * 1.4);
      for (let times = 0; times < 20; times += 1) refuse(Math.round(estimate() * 1.5));
      expect(estimate()).toBeLessThan(before * 4.2);
      learn(before);
      expect(estimate() / before).toBeCloseTo(1.02, 1);
    });

    it('is as first estimated for another model', () => {
      const before = estimate();
      learn(Math.round(before * 1.5));
      const other = calibrations.of('other', { ownerId: 'o', conversationId: 'c' });
      expect(new PromptCounter('large', other).messages(prompt)).toBe(before);
    });

    it('is stored once for a notable change, and taken from the store', () => {
      const before = estimate();
      expect(calibrations.unstored()).toEqual([]);
      learn(Math.round(before * 1.5));
      const stored = calibrations.unstored();
      expect(stored).toEqual([{ model: 'some-model:latest', factors: expect.any(Object) }]);
      expect(calibrations.unstored()).toEqual([]);
      calibrations.notStored(stored);
      expect(calibrations.unstored()).toEqual(stored);

      const elsewhere = new TokenCalibrations();
      elsewhere.take([...stored, { model: 'other:latest', factors: { latin: NaN, nobody: 3 } }]);
      expect(counterFor(elsewhere, 'c').messages(prompt)).toBe(estimate('new'));
      expect(elsewhere.unstored()).toEqual([]);
    });

    it('refuses no message by what was learnt, if the first estimate has room for it', async () => {
      const before = estimate();
      learn(Math.round(before * 3.9));
      const long = [new HumanMessage(text.repeat(12))];
      const counter = counterFor(calibrations, 'c');
      expect(counter.messages(long)).toBeGreaterThan(WINDOW);
      await expect(fit(long, counter)).resolves.toEqual(long);
    });
  });
});
