import { argumentsOf } from '../../../src/domain/parts.js';
import { callWith } from '../../../src/wires/openai-functions.js';

const argumentsIn = (text: string) => callWith('a', 'look', text).arguments;

/** An object of so many levels. */
const nested = (levels: number) => '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);

describe('Arguments of calls that clients bring', () => {
  it('are an object', () => {
    expect(argumentsIn('{"a":[1,null]}')).toEqual({ a: [1, null] });
    expect(argumentsIn(' ')).toEqual({});
    for (const text of ['[]', '1', 'null', '{"a"']) expect(argumentsIn(text)).toBeNull();
  });

  it('are nested no deeper than a body may be: more would overflow the stack of who writes them', () => {
    expect(argumentsIn(nested(64))).toEqual(JSON.parse(nested(64)));
    expect(argumentsIn(nested(65))).toBeNull();
    expect(argumentsIn(nested(100_000))).toBeNull();
    expect(argumentsIn(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toBeNull();
  });

  it('go back as they came where they are no object', () => {
    for (const text of ['[1]', '{"a"', 'null']) {
      const call = callWith('a', 'look', text);
      expect(call).toEqual({ id: 'a', name: 'look', arguments: null, argumentsText: text });
      expect(argumentsOf(call)).toBe(text);
    }
    expect(argumentsOf(callWith('a', 'look', '{ "a": 1 }'))).toBe('{"a":1}');
  });
});
