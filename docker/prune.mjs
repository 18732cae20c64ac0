// node docker/prune.mjs FOLDER: takes out of FOLDER (a `node_modules` of production) what the service
// never loads. `.ci/image-steps` and the container tests then load every module of the build.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Types, maps, sources that are compiled, and pages for people: Node loads none. Licences stay. */
const NEVER_LOADED =
  /^(?!licen[cs]e|notice|copying).*\.(?:[cm]?ts|map|md|markdown|flow|cc?|cpp|h|hpp|gypi?|tsbuildinfo)$|^\.(?!package-lock)/i;

/** Whole packages: peers of build tools, and what other packages do with these at their build. */
const PACKAGES = ['typescript', '@types', '@microsoft', '@scarf', 'node-addon-api'];

/** Builds for browsers, bundlers and older loaders beside the one that Node takes. */
const FOLDERS = [
  'typeorm/browser',
  'rxjs/src',
  'rxjs/dist/bundles',
  'rxjs/dist/esm',
  'rxjs/dist/esm5',
  'rxjs/dist/types',
  'class-validator/bundles',
  'class-validator/esm5',
  'class-validator/esm2015',
  'class-validator/types',
  'class-transformer/bundles',
  'class-transformer/esm5',
  'class-transformer/esm2015',
  'libphonenumber-js/bundle',
  'libphonenumber-js/es6',
  'libphonenumber-js/es6-modern',
  'zod/src',
  'mongodb/src',
  'bson/src',
  'dayjs/esm',
  'dayjs/locale',
  // The ranks of OpenAI's tokenizers, for Node and for bundlers: `js-tiktoken/lite` is what is loaded.
  'js-tiktoken/dist/ranks',
  'js-tiktoken/dist/index.js',
  'js-tiktoken/dist/index.cjs',
  'es-toolkit/dist/browser.global.js',
  // The page takes swagger-ui-bundle.js.
  'swagger-ui-dist/swagger-ui.js',
  'swagger-ui-dist/swagger-ui-es-bundle.js',
  'swagger-ui-dist/swagger-ui-es-bundle-core.js',
  'better-sqlite3-13/deps',
  'better-sqlite3-13/src',
];

/** Drivers of SQLite with binaries: the one for Node 20, and the binaries for other machines. */
function sqliteLeftovers(folder) {
  const binaries = join(folder, 'better-sqlite3-13/prebuilds');
  if (!existsSync(binaries)) return [];
  const musl = !process.report.getReport().header.glibcVersionRuntime;
  const own = `${process.platform}${musl ? 'musl' : ''}-${process.arch}.node`;
  if (!existsSync(join(binaries, own))) throw new Error(`SQLite's driver has no ${own}`);
  const others = readdirSync(binaries).filter((name) => name !== own);
  return ['better-sqlite3', ...others.map((name) => `better-sqlite3-13/prebuilds/${name}`)];
}

const [, , folder] = process.argv;
if (!folder || !existsSync(join(folder, '.package-lock.json'))) {
  console.error('Usage: node docker/prune.mjs FOLDER, a node_modules that npm made');
  process.exit(2);
}
const entries = [...PACKAGES, ...FOLDERS, ...sqliteLeftovers(folder)];
for (const entry of entries) rmSync(join(folder, entry), { recursive: true, force: true });
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (NEVER_LOADED.test(entry.name)) rmSync(path, { recursive: true, force: true });
}
