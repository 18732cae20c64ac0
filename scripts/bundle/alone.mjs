// node scripts/bundle/alone.mjs DIST: removes from a build the modules that the bundle was made of, which
// only scripts and tests load. What is left is all that an image needs.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ENTRY_FILES } from './entry-files.mjs';

const [, , dist] = process.argv;
if (!dist) {
  console.error('Usage: node scripts/bundle/alone.mjs DIST, a folder that `npm run build` made');
  process.exit(2);
}
const kept = ENTRY_FILES.flatMap((name) => [join(dist, name), join(dist, `${name}.map`)]);
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const isChunk = path.startsWith(join(dist, 'chunks'));
  if (entry.isFile() && !isChunk && !kept.includes(path)) rmSync(path);
}
