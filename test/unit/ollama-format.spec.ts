import { toOllamaFormat } from '../../src/models/providers/ollama/chat/ollama-format.js';
import { plainPattern } from '../../src/models/providers/ollama/chat/plain-pattern.js';

describe('a format for Ollama', () => {
  it('is what was given, where its grammar takes that', () => {
    const schema = {
      type: 'object',
      properties: {
        pattern: { type: 'string', minLength: 1, maxLength: 2000, pattern: '^[a-z]+$' },
        maxLength: { type: 'integer', minimum: 0, exclusiveMaximum: 10 },
      },
      enum: [{ maxLength: 9999, pattern: '\\s' }],
    };
    expect(toOllamaFormat('json')).toBe('json');
    expect(JSON.stringify(toOllamaFormat(schema))).toBe(JSON.stringify(schema));
  });

  it.each([
    ['long texts', { type: 'string', minLength: 1, maxLength: 2001 }, { minLength: 1 }],
    ['long lists', { minItems: 5000, maxItems: 9000 }, {}],
    ['no length', { minLength: 5, maxLength: 2 }, {}],
    ['no count', { minItems: 5, maxItems: 2 }, {}],
    ['no number', { minimum: 5, maximum: 2 }, {}],
    ['no number between', { exclusiveMinimum: 5, maximum: 5 }, {}],
    ['no number between two', { exclusiveMinimum: 5, exclusiveMaximum: 6 }, {}],
    ['a lookahead', { type: 'string', pattern: '^(?=a)$' }, {}],
  ])('leaves out what ends it: %s, everywhere in the schema', (_, schema, kept) => {
    const { type, ...rest } = schema as { type?: string };
    const expected = { ...(type && { type }), ...kept };
    expect(toOllamaFormat({ ...rest, ...(type && { type }) })).toEqual(expected);
    const deep = (inner: object) => ({
      properties: { a: { items: inner } },
      $defs: { b: { anyOf: [inner] } },
    });
    expect(toOllamaFormat(deep(schema))).toEqual(deep(expected));
  });
});

describe('a pattern for Ollama', () => {
  it.each([
    ['^[a-z]+(-[a-z]+)*$', '^[a-z]+(-[a-z]+)*$'],
    ['^(a+)+$', '^(a+)+$'],
    ['^(red|green|)$', '^(red|green|)$'],
    ['^\\d{3}-\\w+$', '^[0-9]{3}-[A-Za-z0-9_]+$'],
    ['^[\\w.-]+@[\\d]+\\.com$', '^[A-Za-z0-9_.-]+@[0-9]+[.]com$'],
    ['^x{2000}$', '^x{2000}$'],
  ])('%j becomes %j', (pattern, plain) => {
    expect(plainPattern(pattern, 2000)).toBe(plain);
  });

  it.each([
    'a',
    '^a{2001}$',
    '^a\\sb$',
    '^\\bfoo$',
    '^(a)\\1$',
    '^a\\/b$',
    '^(?:ab)+$',
    '^(?=a)$',
    '^\\p{L}$',
    '^\\u{1F600}$',
    '^\u0000$',
    '^((a*)*)*$',
    '^((a)*)*$',
    '^(a|)*$',
    '^(a?)+$',
    '^"$',
  ])('there is none for %j', (pattern) => {
    expect(plainPattern(pattern, 2000)).toBeNull();
  });
});
