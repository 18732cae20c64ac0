// Writes .env.example and the README's tables of configuration from the schema of the built service.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { renderEnvExample, withConfigTable } = await import('../dist/src/config/render.js');

writeFileSync(at('.env.example'), renderEnvExample());
const readme = at('README.md');
writeFileSync(readme, withConfigTable(readFileSync(readme, 'utf8')));
