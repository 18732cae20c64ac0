import { AppError } from '../../../src/common/errors/app-error.js';
import { AnswerFormats } from '../../../src/chat/format/answer-formats.js';
import type { OutputFormat } from '../../../src/domain/model.js';

/** A kilobyte and a half that takes Ajv hours: it compiles what is below an anchor twice. */
const slowToCompile = (name: string): OutputFormat =>
  Array.from({ length: 40 }).reduce<OutputFormat>(
    (inner, _, level) => ({ $dynamicAnchor: `${name}${level}`, not: inner }),
    { type: 'string' },
  );
const DRAFT_7 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';
/** Takes longer than the universe has existed. */
const SLOW_PATTERN: OutputFormat = { type: 'string', pattern: '^(a+)+$' };
const SLOW_TEXT = JSON.stringify(`${'a'.repeat(60)}b`);

describe('AnswerFormats', () => {
  let formats: AnswerFormats;
  beforeAll(() => {
    formats = new AnswerFormats();
  });
  afterAll(() => formats.onApplicationShutdown());

  const refusalOf = (format: OutputFormat): Promise<string> =>
    formats.assertUsable(format).then(
      () => 'usable',
      (error: unknown) => {
        const [detail] = error instanceof AppError ? (error.details ?? []) : [];
        expect(detail?.field).toBe('parameters.format');
        return detail?.message ?? '';
      },
    );
  const judged = (format: OutputFormat, value: unknown) =>
    formats.judge(format, typeof value === 'string' ? value : JSON.stringify(value));

  it.each([
    ['an object', '{"a":1}', true],
    ['any other value', ' [1, null] ', true],
    ['half a value', '{"a":', false],
    ['text', 'Yes.', false],
    ['text in a fence', '```json\n{}\n```', false],
    ['nothing', '', false],
  ])('takes as "json" what is JSON: %s', async (_, text, valid) => {
    await formats.assertUsable('json');
    expect(await formats.judge('json', text)).toBe(valid);
  });

  it('judges by the schema', async () => {
    const person: OutputFormat = {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
      required: ['name', 'age'],
      additionalProperties: false,
    };
    expect(await refusalOf(person)).toBe('usable');
    expect(await judged(person, { name: 'Ada', age: 36 })).toBe(true);
    expect(await judged(person, { name: 'Ada', age: -1 })).toBe(false);
    expect(await judged(person, { name: 'Ada' })).toBe(false);
    expect(await judged(person, '{"name":"Ada"')).toBe(false);
  });

  it('takes each draft as it is: 2020-12 where none is named', async () => {
    const tuple = (keyword: string, $schema?: string): OutputFormat => ({
      ...($schema !== undefined && { $schema }),
      type: 'array',
      [keyword]: [{ type: 'string' }, { type: 'integer' }],
    });
    for (const format of [tuple('items', DRAFT_7), tuple('prefixItems', DRAFT_2020)]) {
      expect(await refusalOf(format)).toBe('usable');
      expect(await judged(format, ['a', 1])).toBe(true);
      expect(await judged(format, [1, 'a'])).toBe(false);
    }
    expect(await judged(tuple('prefixItems'), [1, 'a'])).toBe(false);
    // Of the other draft, so unknown here.
    expect(await judged(tuple('prefixItems', DRAFT_7), [1, 'a'])).toBe(true);
    expect(await refusalOf(tuple('items'))).toMatch(/valid JSON Schema at \/items/);
    // Draft 7 ignores what is beside a $ref.
    const beside = {
      $ref: '#/definitions/a',
      definitions: { a: { type: 'string' } },
      type: 'number',
    };
    expect(await judged({ $schema: DRAFT_7, ...beside }, '"abc"')).toBe(true);
    expect(await judged({ $schema: DRAFT_7, ...beside }, '1')).toBe(false);
  });

  it.each([
    ['an unknown type', { properties: { a: { type: 'strng' } } }, /at \/properties\/a\/type/],
    ['a length that is a text', { minLength: 'x' }, /at \/minLength: must be integer/],
    ['a pattern that is none', { pattern: '(' }, /pattern/],
    ['another draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, /\$schema/],
    ['a draft that is no text', { $schema: null }, /\$schema/],
    ['a reference to elsewhere', { $ref: 'https://example.com/a.json' }, /\$ref/],
    ['a reference to a file', { $ref: 'other.json' }, /\$ref/],
    ['a reference to its draft', { $schema: DRAFT_7, $ref: DRAFT_7 }, /\$ref/],
    ['a reference to nothing', { $ref: '#/$defs/none' }, /\$ref/],
    ['a reference to itself', { $ref: '#' }, /without end/],
    [
      'one around a corner',
      { $defs: { a: { anyOf: [{ $ref: '#a' }], $anchor: 'a' } } },
      /without end/,
    ],
  ])('refuses %s', async (_, format, why) => {
    expect(await refusalOf(format)).toMatch(why);
  });

  it('takes references within the schema', async () => {
    const tree: OutputFormat = {
      $id: 'https://example.com/tree',
      type: 'object',
      properties: {
        value: { $ref: '#/$defs/value' },
        children: { type: 'array', items: { $ref: 'https://example.com/tree' } },
        next: { $ref: '#' },
      },
      $defs: { value: { type: 'integer' } },
    };
    expect(await refusalOf(tree)).toBe('usable');
    expect(await judged(tree, { children: [{ value: 1, next: {} }] })).toBe(true);
    expect(await judged(tree, { children: [{ value: 'x' }] })).toBe(false);
    // The same name for another schema.
    const other: OutputFormat = { $id: 'https://example.com/tree', type: 'string' };
    expect(await refusalOf(other)).toBe('usable');
    expect(await judged(other, '"x"')).toBe(true);
    expect(await judged(tree, {})).toBe(true);
  });

  it('ignores what no draft knows, Ajv’s own keywords too', async () => {
    const format: OutputFormat = {
      type: 'object',
      properties: {
        a: { type: 'string', nullable: true, 'x-order': 1 },
        b: { nullable: true },
        toString: { type: 'string' },
      },
      $async: true,
      id: 'draft 4',
      discriminator: 'a',
    };
    expect(await refusalOf(format)).toBe('usable');
    expect(await judged(format, { a: 'x', b: null })).toBe(true);
    expect(await judged(format, { a: null })).toBe(false);
    expect(await judged({ required: ['toString'] }, {})).toBe(false);
    expect(await judged({ const: { $ref: 'https://example.com' } }, { $ref: 'x' })).toBe(false);
    expect(await judged({ multipleOf: 0.01 }, 19.99)).toBe(true);
    expect(await judged({ type: 'string', format: 'date-time' }, '"soon"')).toBe(true);
  });

  it('refuses a schema that takes too long, and goes on with others', async () => {
    expect(await refusalOf(slowToCompile('a'))).toMatch(/too long/);
    expect(await refusalOf({ type: 'boolean' })).toBe('usable');
    // Known by now: no thread is spent on it again.
    expect(await refusalOf(slowToCompile('a'))).toMatch(/too long/);
  });

  it('does not know where judging takes too long, and goes on with others', async () => {
    expect(await refusalOf(SLOW_PATTERN)).toBe('usable');
    const [slow, other] = await Promise.all([
      formats.judge(SLOW_PATTERN, SLOW_TEXT),
      formats.judge('json', '{}'),
    ]);
    expect([slow, other]).toEqual([null, true]);
    expect(await formats.judge(SLOW_PATTERN, '"aaa"')).toBe(true);
  });

  it('judges by schemas that were fast, whatever others do', async () => {
    const fast: OutputFormat = { type: 'object', required: ['a'] };
    expect(await judged(fast, { a: 1 })).toBe(true);
    const slow = Array.from({ length: 4 }, (_, index) =>
      formats.judge({ ...SLOW_PATTERN, title: `Another ${index}` }, SLOW_TEXT),
    );
    expect([await judged(fast, { a: 1 }), await judged(fast, {})]).toEqual([true, false]);
    expect(await judged('json', '{}')).toBe(true);
    expect(await Promise.all(slow)).toEqual([null, null, null, null]);
  });

  it('does not let a schema that became slow delay those that are fast', async () => {
    const fast: OutputFormat = { type: 'integer' };
    expect(await judged(fast, 1)).toBe(true);
    const sometimes = { ...SLOW_PATTERN, title: 'Slow for some texts' };
    expect(await formats.judge(sometimes, '"aaa"')).toBe(true);
    expect(await formats.judge(sometimes, SLOW_TEXT)).toBeNull();
    const slow = Array.from({ length: 4 }, () => formats.judge(sometimes, SLOW_TEXT));
    expect(await judged(fast, 2)).toBe(true);
    expect(await Promise.all(slow)).toEqual([null, null, null, null]);
  });

  it('checks schemas while answers are judged', async () => {
    const judging = formats.judge(SLOW_PATTERN, SLOW_TEXT);
    expect(await refusalOf({ type: 'null' })).toBe('usable');
    expect(await Promise.race([judging, Promise.resolve('still judging')])).toBe('still judging');
    await judging;
  });

  it('does not know of a text that is nested too deep', async () => {
    const tree: OutputFormat = { type: 'array', items: { $ref: '#' } };
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(await formats.judge(tree, deep)).toBeNull();
    expect(await formats.judge(tree, '[[]]')).toBe(true);
  });

  it('has room for a limited number of answers that wait', async () => {
    const many = Array.from({ length: 300 }, () => formats.judge(SLOW_PATTERN, SLOW_TEXT));
    expect(await Promise.all(many)).toEqual(many.map(() => null));
    expect(await formats.judge('json', '{}')).toBe(true);
  });
});
