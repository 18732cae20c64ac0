/**
 * Prints a message of quickstart on stderr; only the model's answer goes to stdout.
 *
 * @param {string} text
 */
export function say(text) {
  console.error(`[quickstart] ${text}`);
}
