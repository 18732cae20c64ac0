/** Licences that ask for no more than their text: nothing of them reaches the service's own code. */
const ALLOWED = new Set([
  ...['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Python-2.0'],
  ...['BlueOak-1.0.0', 'Unlicense', 'CC0-1.0'],
]);

/**
 * Whether an SPDX expression allows one of these: `(MIT OR GPL-3.0)` does, `MIT AND GPL-3.0` does not.
 * What is no expression (`SEE LICENSE IN …`, `UNLICENSED`, a URL) does not.
 *
 * @param {string} expression
 */
export function isAllowed(expression) {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  const next = () => words.shift();

  function alternatives() {
    let allowed = conditions();
    while (words[0] === 'OR') {
      next();
      const other = conditions();
      allowed = allowed || other;
    }
    return allowed;
  }

  function conditions() {
    let allowed = licence();
    while (words[0] === 'AND') {
      next();
      const other = licence();
      allowed = allowed && other;
    }
    return allowed;
  }

  function licence() {
    const word = next();
    if (word !== '(') return word !== undefined && ALLOWED.has(word);
    const allowed = alternatives();
    return next() === ')' && allowed;
  }

  const allowed = alternatives();
  return words.length === 0 && allowed;
}
