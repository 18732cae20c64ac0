import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { documents } from './document.mjs';

test('docs/clients.md has the table (npm run test:clients -- --write)', () => {
  const { written, right } = documents();
  equal(written, right);
});
