import { hasMoreValues } from '../../src/models/transport/json.js';

describe('the values of a JSON text', () => {
  test.each<[string, number]>([
    ['{}', 2],
    ['[1,2,3]', 4],
    ['{"a":[1,{"b":null}],"c":"x"}', 6],
    ['"a,b[c{d"', 1],
    ['"a\\"b,c"', 1],
    ['["a\\\\",1]', 3],
    ['"never ends, [', 1],
    ['[[[[[', 6],
    ['', 1],
  ])('of %s are %d at most', (text, values) => {
    expect(hasMoreValues(text, values)).toBe(false);
    expect(hasMoreValues(text, values - 1)).toBe(true);
  });
});
