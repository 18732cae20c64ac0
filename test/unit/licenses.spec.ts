interface Licences {
  isAllowed: (expression: string) => boolean;
}
const FILE = '../../scripts/licenses/allowed.mjs';
const { isAllowed } = (await import(FILE)) as Licences;

describe('a licence', () => {
  it.each([
    ['MIT', true],
    ['(MIT OR WTFPL)', true],
    ['(GPL-3.0-only OR MIT)', true],
    ['(BSD-2-Clause OR MIT OR Apache-2.0)', true],
    ['MIT AND ISC', true],
    ['MIT AND GPL-3.0-only', false],
    ['MIT AND (GPL-3.0-only OR ISC)', true],
    ['GPL-3.0-only', false],
    ['AGPL-3.0-or-later', false],
    ['SEE LICENSE IN LICENSE.md', false],
    ['UNLICENSED', false],
    ['MIT GPL-3.0-only', false],
    ['(MIT', false],
    ['none', false],
    ['', false],
  ])('%j is allowed: %s', (expression, allowed) => {
    expect(isAllowed(expression)).toBe(allowed);
  });
});
