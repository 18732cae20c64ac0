import { parsePreferences } from '../../src/common/http/preferences.js';

describe('a Prefer header', () => {
  const names = (header: string) => [...parsePreferences(header).keys()];
  const waitOf = (header: string) => {
    const preferences = parsePreferences(header);
    return (
      preferences.get('wait')?.value ?? preferences.get('respond-async')?.parameters.get('wait')
    );
  };

  it.each([
    ['respond-async', ['respond-async']],
    ['Respond-Async', ['respond-async']],
    ['return=minimal,respond-async', ['return', 'respond-async']],
    ['return=minimal ;q=1 , RESPOND-ASYNC ; wait=5', ['return', 'respond-async']],
    ['foo="a, respond-async"', ['foo']],
    ['foo="a \\", b", respond-async', ['foo', 'respond-async']],
    [', ,respond-async,', ['respond-async']],
    ['respond async', []],
    ['respond-async, foo="open, wait=1', ['respond-async']],
    ['', []],
  ])('%s names %j', (header, expected) => {
    expect(names(header)).toEqual(expected);
  });

  it.each([
    ['respond-async, wait=10', '10'],
    ['respond-async; wait=10', '10'],
    ['wait="10", respond-async', '10'],
    ['respond-async;WAIT = "1\\0"', '10'],
    ['wait=1, wait=2', '1'],
    ['respond-async; wait=1; wait=2', '1'],
    ['respond-async;;wait=3', '3'],
    ['wait', ''],
    ['wait=', ''],
    ['wait=""', ''],
    ['respond-async', undefined],
  ])('%s waits %s', (header, expected) => {
    expect(waitOf(header)).toBe(expected);
  });

  it('is read in no time, however it is written', () => {
    for (const odd of ['"', '\\', '";', 'a=', 'a ', ';', '"\\']) {
      expect(() => parsePreferences(odd.repeat(8_000))).not.toThrow();
    }
    expect(parsePreferences(undefined).size).toBe(0);
  });
});
