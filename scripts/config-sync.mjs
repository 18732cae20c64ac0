// Writes .env.example and docs/configuration.md from the schema of the built service.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { renderConfigPage, renderEnvExample } = await import('../dist/src/config/render.js');

writeFileSync(at('.env.example'), renderEnvExample());
writeFileSync(at('docs/configuration.md'), renderConfigPage());
