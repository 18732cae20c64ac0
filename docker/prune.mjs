// node docker/prune.mjs FOLDER: takes out of FOLDER (a `node_modules` of production) what the service
// never loads, since it is in no build for Node or is in the bundle (scripts/bundle). Of a package in the
// bundle its licence and its package.json stay: for people, and for scanners. `.ci/image-steps` and the
// container tests then load every file of the bundle.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OUTSIDE } from '../scripts/bundle/outside.mjs';

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

/** Of a package in the bundle. */
const KEPT_OF_BUNDLED = /^(?:licen[cs]e|notice|copying|package\.json$)/i;

/** Folders of all packages below a `node_modules`, those inside packages too. */
function packagesIn(modules) {
  if (!existsSync(modules)) return [];
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'));
  return names.flatMap((name) => {
    const path = join(modules, name);
    if (name.startsWith('@')) return readdirSync(path).flatMap((own) => within(join(path, own)));
    return within(path);
  });
}

function within(path) {
  return [path, ...packagesIn(join(path, 'node_modules'))];
}

/** The packages outside the bundle, with all that they depend on. */
function loadedAlone(modules) {
  const found = new Set();
  const add = (name, from) => {
    const path = placeOf(name, from, modules);
    if (path === null || found.has(path)) return;
    found.add(path);
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const needed = { ...dependencies, ...optionalDependencies, ...peerDependencies };
    for (const other of Object.keys(needed)) add(other, path);
  };
  for (const name of OUTSIDE) add(name, modules);
  return found;
}

/** Where Node finds a package for a file in `from`; null: nowhere. */
function placeOf(name, from, modules) {
  for (let at = from; at.length >= modules.length; at = dirname(at)) {
    const path = at === modules ? join(modules, name) : join(at, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
  }
  return null;
}

function removeCode(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // Packages inside are judged by themselves.
    if (entry.name === 'node_modules' || KEPT_OF_BUNDLED.test(entry.name)) continue;
    rmSync(join(path, entry.name), { recursive: true, force: true });
  }
}

const [, , folder] = process.argv;
if (!folder || !existsSync(join(folder, '.package-lock.json'))) {
  console.error('Usage: node docker/prune.mjs FOLDER, a node_modules that npm made');
  process.exit(2);
}
const entries = [...PACKAGES, ...FOLDERS, ...sqliteLeftovers(folder)];
for (const entry of entries) rmSync(join(folder, entry), { recursive: true, force: true });
const alone = loadedAlone(folder);
for (const path of packagesIn(folder)) if (!alone.has(path)) removeCode(path);
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (NEVER_LOADED.test(entry.name)) rmSync(path, { recursive: true, force: true });
}
