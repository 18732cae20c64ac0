import {
  MOST_MODELS,
  readDetails,
  readTags,
} from '../../src/models/providers/ollama/catalog/model-answers.js';
import { readParameters } from '../../src/models/providers/ollama/catalog/modelfile-parameters.js';

describe('the list of a model server', () => {
  const read = (tag: object) => readTags({ models: [tag] }).models[0];

  test.each<[string, unknown, number]>([
    ['as it is', 3_826_793_677, 3_826_793_677],
    ['negative', -1, 0],
    ['beyond all numbers', Number.POSITIVE_INFINITY, 0],
    ['not whole', 1.5, 0],
    ['larger than a number can count', 1e300, 0],
    ['text', '12', 0],
    ['missing', undefined, 0],
  ])('size %s', (_, size, sizeBytes) => {
    expect(read({ name: 'm', size })).toMatchObject({ sizeBytes });
  });

  test.each<[string, unknown, string]>([
    [
      'in nanoseconds with an offset',
      '2025-09-01T12:00:00.123456789+02:00',
      '2025-09-01T10:00:00.123Z',
    ],
    ['of Go’s beginning', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['in a year of six digits', '+275760-09-13T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['that is none', 'yesterday', '1970-01-01T00:00:00.000Z'],
    ['as a number', 1e18, '1970-01-01T00:00:00.000Z'],
    ['of a megabyte', '2025-01-01'.padEnd(1_000_000, ' '), '1970-01-01T00:00:00.000Z'],
  ])('a time %s', (_, modified, modifiedAt) => {
    expect(read({ name: 'm', modified_at: modified })).toMatchObject({ modifiedAt });
  });

  test('names that no chat could give are left out and counted', () => {
    const names = [
      'ok',
      'a b',
      'a\0b',
      '\u202eevil',
      'x'.repeat(101),
      'y'.repeat(1_000_000),
      '',
      7,
    ];
    const models = [...names.map((name) => ({ name })), null, [], 'text'];
    expect(readTags({ models })).toMatchObject({ models: [{ name: 'ok' }], left: 10 });
  });

  test('labels that nobody should see are left out', () => {
    const details = {
      family: 'llama\u202e',
      parameter_size: 'x'.repeat(10_000),
      quantization_level: ['Q4_0'],
    };
    const model = read({ name: 'm', details });
    expect(model).toMatchObject({ family: null, parameterSize: null, quantization: null });
    expect(read({ name: 'm', digest: 'd'.repeat(10_000) })?.digest).toBeNull();
  });

  test('a list without end is read up to a bound', () => {
    const models = Array.from({ length: 100_000 }, (_, index) => ({ name: `m${index}` }));
    const { models: read, left } = readTags({ models });
    expect([read.length, left]).toEqual([MOST_MODELS, 100_000 - MOST_MODELS]);
  });
});

describe('the details of a model', () => {
  const length = (value: unknown) =>
    readDetails({ model_info: { 'general.architecture': 'x', 'x.context_length': value } })
      .contextLength;

  test.each<[unknown, number | null]>([
    [131_072, 131_072],
    [0, null],
    [-1, null],
    [1.5, null],
    [Number.POSITIVE_INFINITY, null],
    ['4096', null],
    [2 ** 31, null],
  ])('a context length of %j', (value, expected) => expect(length(value)).toBe(expected));

  test.each<[unknown, string[] | null]>([
    [
      ['completion', 'tools', 'tools'],
      ['completion', 'tools'],
    ],
    [['embedding', 7, 'a b', 'x'.repeat(1_000), '\u202e'], ['embedding']],
    [[], null],
    [null, null],
    ['completion', null],
    [{ completion: true }, null],
  ])('capabilities %j', (value, expected) => {
    expect(readDetails({ capabilities: value }).capabilities).toEqual(expected);
  });
});

describe('the vocabulary of a model', () => {
  const vocabulary = (info: unknown) => readDetails({ model_info: info }).vocabulary;

  test.each<[string, unknown, string]>([
    ['Llama 2', { 'general.architecture': 'llama', 'tokenizer.ggml.model': 'llama' }, 'small'],
    ['SmolLM2', { 'general.architecture': 'llama', 'llama.vocab_size': 49_152 }, 'small'],
    ['Llama 3', { 'general.architecture': 'llama', 'llama.vocab_size': 128_256 }, 'large'],
    ['Qwen 3', { 'general.architecture': 'qwen3', 'tokenizer.ggml.model': 'gpt2' }, 'large'],
    ['Gemma 3', { 'general.architecture': 'gemma3', 'tokenizer.ggml.model': 'llama' }, 'large'],
    ['one that does not say', { 'general.architecture': 'llama' }, 'large'],
    ['nonsense', { 'general.architecture': 7, '7.vocab_size': 1.5 }, 'large'],
    ['nothing', undefined, 'large'],
  ])('of %s', (_, info, expected) => expect(vocabulary(info)).toBe(expected));
});

describe('the parameters of a Modelfile', () => {
  test('as Ollama writes them', () => {
    const text = [
      'num_ctx                        32768',
      'stop                           "<|im_end|>"',
      'stop                           "<|im_start|>"',
      String.raw`stop                           "\nUser:\t\"\\\x07é"`,
      'temperature                    0.1',
      'stop                           </s>',
    ].join('\n');
    expect(readParameters(text)).toEqual({
      numCtx: 32_768,
      stop: ['<|im_end|>', '<|im_start|>', '\nUser:\t"\\\u0007é', '</s>'],
    });
  });

  test.each(['0', '-1', '1.5', '1e9', '99999999999', '0x10', 'many', ''])(
    'a num_ctx of %j is none',
    (value) => expect(readParameters(`num_ctx    ${value}`).numCtx).toBeNull(),
  );

  test.each([undefined, null, 7, {}, ''])('%j says nothing', (text) => {
    expect(readParameters(text)).toEqual({ numCtx: null, stop: [] });
  });

  test('what has no bound is bounded', () => {
    const many = Array.from({ length: 100_000 }, (_, index) => `stop    "${index}"`).join('\n');
    expect(readParameters(many).stop).toHaveLength(32);
    expect(readParameters(`stop    "${'x'.repeat(101)}"`).stop).toEqual([]);
    expect(readParameters(`stop    "${String.raw`\U7fffffff`}"`).stop).toEqual([]);
  });
});
