import { BusyError } from '../../local-model/engine/engine.mjs';
import { FormatError, parseFormat } from '../../local-model/engine/format.mjs';
import { grammarSchema } from '../../local-model/engine/llama/grammar-schema.mjs';
import { promptTokens } from '../../local-model/engine/llama/prompt.mjs';
import { bestThreads } from '../../local-model/engine/llama/threads.mjs';
import { TokenText } from '../../local-model/engine/llama/token-text.mjs';
import { OptionError, parseOptions } from '../../local-model/engine/options.mjs';
import { Pool } from '../../local-model/engine/pool.mjs';
import { StopFilter } from '../../local-model/engine/stop-filter.mjs';
import { platformPackage } from '../../local-model/install/platform-package.mjs';
import { defaultCacheFolder, readSettings } from '../../local-model/settings.mjs';

const never = new AbortController().signal;
const alike = (): number => 0;

describe('Pool', () => {
  it('gives a freed item to the one who waits longest', async () => {
    const pool = new Pool(['a', 'b'], 8);
    await pool.acquire(never, alike);
    await pool.acquire(never, alike);
    const order: string[] = [];
    const waiting = ['first', 'second'].map((name) =>
      pool.acquire(never, alike).then((item) => order.push(`${name} ${item}`)),
    );
    pool.release('b');
    pool.release('a');
    await Promise.all(waiting);
    expect(order).toEqual(['first b', 'second a']);
  });

  it('passes over one who has left the queue', async () => {
    const pool = new Pool(['a'], 8);
    await pool.acquire(never, alike);
    const leave = new AbortController();
    const left = pool.acquire(leave.signal, alike);
    const stays = pool.acquire(never, alike);
    leave.abort();
    await expect(left).rejects.toThrow();
    pool.release('a');
    expect(await stays).toBe('a');
  });

  it('refuses when too many wait, and those who have left already', async () => {
    const pool = new Pool(['a'], 0);
    await expect(pool.acquire(AbortSignal.abort(), alike)).rejects.toThrow();
    await pool.acquire(never, alike);
    await expect(pool.acquire(never, alike)).rejects.toThrow(BusyError);
  });

  it('takes the worthiest of the free', async () => {
    const pool = new Pool([3, 9, 5], 8);
    expect(await pool.acquire(never, (item) => item)).toBe(9);
    expect(await pool.acquire(never, (item) => item)).toBe(5);
  });
});

describe('StopFilter', () => {
  function shown(stops: string[], pieces: string[]): [string, boolean] {
    const filter = new StopFilter(stops);
    let text = '';
    for (const piece of pieces) {
      const next = filter.push(piece);
      text += next.text;
      if (next.stopped) return [text, true];
    }
    return [text + filter.rest(), false];
  }

  it.each([
    ['a stop within a piece', ['STOP'], ['one STOP two'], 'one ', true],
    ['a stop across pieces', ['STOP'], ['one S', 'T', 'OP two'], 'one ', true],
    ['the earliest of several', ['two', 'one'], ['zero one two'], 'zero ', true],
    ['a beginning that goes on otherwise', ['STOP'], ['ST', 'ART'], 'START', false],
    ['a beginning at the end', ['STOP'], ['one STO'], 'one STO', false],
    ['no stops', [], ['one', ' two'], 'one two', false],
  ])('knows %s', (_name, stops, pieces, text, stopped) => {
    expect(shown(stops, pieces)).toEqual([text, stopped]);
  });

  it('shows no part of what may become a stop', () => {
    expect(new StopFilter(['<|end|>']).push('text <|e').text).toBe('text ');
  });
});

describe('TokenText', () => {
  /** Tokens that are bytes. */
  const bytes = (tokens: number[]): string => Buffer.from(tokens).toString('utf8');

  it('shows a character once all its bytes are there, never a part', () => {
    const text = new TokenText(bytes);
    const pieces = [...Buffer.from('a😀é')].map((byte) => text.push(byte));
    expect(pieces).toEqual(['a', '', '', '', '😀', '', 'é']);
  });
});

describe('promptTokens', () => {
  it('refuses what does not fit where nothing may be left out', () => {
    const one = { role: 'user', content: 'x' };
    const tokenize = (text: string): number[] => [...text].map(() => 0);
    const asked = (window: number) =>
      promptTokens([{ ...one, role: 'system' }, one], { window, truncate: false }, tokenize);
    const { length } = asked(1000);
    expect(asked(length + 1)).toHaveLength(length);
    expect(() => asked(length)).toThrow('the input length exceeds the context length');
  });

  /** A token a character, so that lengths can be read. */
  const tokenize = (text: string): number[] => [...text].map((char) => char.codePointAt(0) ?? 0);
  const prompt = (messages: { role: string; content: string }[], window: number): string =>
    String.fromCodePoint(...promptTokens(messages, { window, truncate: true }, tokenize));
  const turn = (role: string, content: string): string =>
    `<|im_start|>${role}\n${content}<|im_end|>\n`;

  it('is ChatML, with the given system prompt', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ];
    expect(prompt(messages, 8192)).toBe(
      `${turn('system', 'Be brief.')}${turn('user', 'Hello')}<|im_start|>assistant\n`,
    );
  });

  it('brings a system prompt of its own where none is given', () => {
    expect(prompt([{ role: 'user', content: 'Hi' }], 8192)).toMatch(/^<\|im_start\|>system\n/);
  });

  it('leaves out the oldest turns, never the system prompt or the last message', () => {
    const messages = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'oldest' },
      { role: 'assistant', content: 'older' },
      { role: 'user', content: 'last' },
    ];
    const kept = `${turn('system', 'S')}${turn('user', 'last')}<|im_start|>assistant\n`;
    expect(prompt(messages, kept.length + 1)).toBe(kept);
  });

  it('leaves room for an answer even to a message that fills the window', () => {
    expect(
      promptTokens(
        [{ role: 'user', content: 'x'.repeat(500) }],
        { window: 100, truncate: true },
        tokenize,
      ),
    ).toHaveLength(50);
  });
});

describe('parseOptions', () => {
  it("has Ollama's defaults, for what is absent or null", () => {
    const defaults = { temperature: 0.8, top_p: 0.9, num_predict: -1, num_ctx: 4096, stop: [] };
    expect(parseOptions(undefined)).toMatchObject(defaults);
    expect(parseOptions({ temperature: null, stop: null })).toMatchObject(defaults);
  });

  it('takes what is given and ignores what it does not know', () => {
    const options = parseOptions({ temperature: 0, stop: 'END', num_gpu: 99, seed: 7 });
    expect(options).toMatchObject({ temperature: 0, stop: ['END'], seed: 7 });
    expect(options).not.toHaveProperty('num_gpu');
  });

  it.each([[{ top_p: '1' }], [{ stop: [1] }], [[]], ['text']])('refuses %j', (given) => {
    expect(() => parseOptions(given)).toThrow(OptionError);
  });
});

describe('bestThreads', () => {
  it.each([
    [2, 2, 1],
    [1, 1, 1],
    [4, 8, 3],
    [64, 128, 4],
    [16, 2, 1],
  ])('of %i cores and %i processors is %i', (mathCores, allowed, threads) => {
    expect(bestThreads({ mathCores, allowed })).toBe(threads);
  });
});

describe('settings', () => {
  it.each([
    ['linux', { XDG_CACHE_HOME: '/cache' }, /^.cache.ollama-chat-service$/],
    ['linux', {}, /\.cache.ollama-chat-service$/],
    ['darwin', {}, /Library.Caches.ollama-chat-service$/],
    ['win32', {}, /AppData.Local.ollama-chat-service.Cache$/],
  ] as const)("keep the weights in %s's cache folder", (platform, environment, folder) => {
    expect(defaultCacheFolder(environment, platform)).toMatch(folder);
  });

  it('refuse a port that is none', () => {
    expect(readSettings({ LOCAL_MODEL_PORT: '8080' }).port).toBe(8080);
    expect(() => readSettings({ LOCAL_MODEL_PORT: '80a' })).toThrow(/LOCAL_MODEL_PORT/);
    expect(() => readSettings({ LOCAL_MODEL_PORT: '70000' })).toThrow(/65535/);
  });
});

describe('platformPackage', () => {
  it("names the platform's build, and says where there is none", () => {
    expect(platformPackage('darwin', 'arm64')).toBe('@node-llama-cpp/mac-arm64-metal');
    expect(() => platformPackage('freebsd', 'x64')).toThrow(/freebsd/);
  });
});

describe('parseFormat', () => {
  it('reads what Ollama takes', () => {
    expect([undefined, null, ''].map(parseFormat)).toEqual([null, null, null]);
    expect(parseFormat('json')).toBe('json');
    expect(parseFormat({ type: 'object' })).toEqual({ type: 'object' });
  });

  it.each(['xml', 1, true, [[]]])('refuses %j', (given) => {
    expect(() => parseFormat(given)).toThrow(FormatError);
  });
});

describe('grammarSchema', () => {
  it('keeps what a grammar can hold, and leaves out what only describes', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'City',
      type: 'object',
      properties: {
        name: { type: 'string', description: 'Its name', minLength: 1, maxLength: 20 },
        since: { type: 'string', format: 'date' },
        mail: { type: 'string', format: 'email' },
        size: { enum: ['small', 'large', null] },
        kind: { const: 'city', default: 'city' },
        rivers: { items: { $ref: '#/definitions/river' }, maxItems: 2 },
        mayor: { anyOf: [{ type: 'string' }, { type: 'null' }], nullable: true },
        people: { type: ['integer', 'null'] },
        more: { type: ['object', 'null'], properties: { a: { type: 'boolean' } } },
      },
      required: ['name'],
      definitions: { river: { type: 'string' } },
    };
    expect(grammarSchema(schema)).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 20 },
        since: { type: 'string', format: 'date' },
        mail: { type: 'string' },
        size: { enum: ['small', 'large', null] },
        kind: { enum: ['city'] },
        rivers: { type: 'array', items: { $ref: '#/$defs/river' }, maxItems: 2 },
        mayor: { oneOf: [{ type: 'string' }, { type: 'null' }] },
        people: { type: ['integer', 'null'] },
        more: {
          oneOf: [{ type: 'object', properties: { a: { type: 'boolean' } } }, { type: 'null' }],
        },
      },
      $defs: { river: { type: 'string' } },
    });
  });

  it.each([
    ['a pattern', { type: 'string', pattern: 'a' }],
    ['a bound of a number', { properties: { a: { type: 'integer', minimum: 1 } } }],
    ['more repetitions than llama.cpp takes', { type: 'string', maxLength: 2001 }],
    ['any value', { properties: { a: {} } }],
    ['a required property without a schema', { type: 'object', required: ['a'] }],
    ['a reference to the whole', { properties: { a: { $ref: '#' } } }],
    ['a reference to nothing', { $ref: '#/$defs/a' }],
    ['an object as a value', { const: {} }],
    ['all of several', { allOf: [{ type: 'string' }] }],
  ])('refuses %s', (_, schema) => {
    expect(() => grammarSchema(schema)).toThrow(FormatError);
  });
});
