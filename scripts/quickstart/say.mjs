/**
 * What quickstart tells the person at the terminal; the model's answer alone goes to stdout.
 *
 * @param {string} text
 */
export function say(text) {
  console.error(`[quickstart] ${text}`);
}
