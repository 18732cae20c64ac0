const MOST_USEFUL = 4;

/**
 * How many threads a model this small computes with fastest. They wait for each other spinning, so
 * one more than there are free cores costs a factor, not a fraction: node-llama-cpp's own least of
 * four took six seconds a token on a machine of two cores. One core is left to Node and to the chat
 * service; more than a few threads gain nothing at this size.
 *
 * @param {{ mathCores: number, allowed: number }} cores Physical cores fit for arithmetic, and the
 *   processors that this process may run on.
 */
export function bestThreads({ mathCores, allowed }) {
  return Math.max(1, Math.min(mathCores - 1, allowed - 1, MOST_USEFUL));
}
