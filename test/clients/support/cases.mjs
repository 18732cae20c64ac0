import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CLIENTS, testedOf } from '../table.mjs';

const TIMEOUT_MS = 60_000;

/**
 * The cases of a client: each cell of its row in the table has one, or says why it has none.
 *
 * @param {keyof typeof CLIENTS} id
 * @param {Record<string, () => unknown>} tests behaviour → what shows it
 */
export function cases(id, tests) {
  const client = CLIENTS[id];
  describe(client.name, () => {
    test('has a case for each cell of its row', () => {
      assert.deepEqual(Object.keys(tests).sort(), testedOf(client).sort());
    });
    for (const [behaviour, run] of Object.entries(tests))
      test(behaviour, { timeout: TIMEOUT_MS }, async () => {
        await run();
      });
  });
}
