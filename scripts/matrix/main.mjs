// npm run test:matrix [-- section… --only <part of a name> --document <file> --keep <folder> --write]
//
// What the service has to hold beside, and what is too long or needs too much for each change: a
// section each. `--write` puts the tables into docs/matrix.md. Build the service first.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clients } from './clients/section.mjs';
import { nodes } from './nodes/section.mjs';
import { postgres } from './postgres/section.mjs';
import { table, writeSection } from './report.mjs';

const root = resolve(import.meta.dirname, '../..');

/** Section → what runs it; each gives its table and how many of its checks failed. */
const SECTIONS = { clients, nodes, postgres };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    document: { type: 'string', default: resolve(root, 'openapi.json') },
    keep: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const { only, keep, write } = values;
const options = { only, keep: keep && resolve(keep), document: resolve(values.document) };
let failed = 0;
for (const [name, section] of Object.entries(SECTIONS)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`== ${name}`);
  const result = await section(options);
  console.log(`\n${table(result.head, result.rows)}\n`);
  failed += result.failed;
  const date = new Date().toISOString().slice(0, 10);
  const note = `Last run on ${date} with Node ${process.versions.node}. ${result.note}`;
  if (write) writeSection(resolve(root, 'docs/matrix.md'), { ...result, note });
}
console.log(`${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
