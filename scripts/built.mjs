// Before what runs the built service: says in one sentence what is missing.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const there = (path) => existsSync(resolve(root, path));

const missing = [
  ...(there('node_modules/@nestjs/core') ? [] : ['npm ci']),
  ...(there('dist/src/main.js') ? [] : ['npm run build']),
];
if (missing.length > 0) {
  console.error(`The service is not built yet: run \`${missing.join(' && ')}\` first.`);
  process.exitCode = 1;
}
