// node scripts/bundle/main.mjs: after `nest build`, puts what each entry file loads into a few files in
// dist/chunks. Node then opens dozens of files at the start instead of thousands.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { ENTRY_FILES } from './entry-files.mjs';
import { ABSENT, OUTSIDE } from './outside.mjs';
import { thinMaps } from './thin-maps.mjs';

const DIST = resolve(import.meta.dirname, '../../dist');

const ENTRIES = ENTRY_FILES.map((name) => join(DIST, name));

/** CommonJS packages in a bundle call `require` for what Node has built in. */
const REQUIRE =
  "import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);";

/**
 * What is changed before a file is put into the bundle. A file of ours that is named by its place beside
 * the source is beside no chunk: entries and chunks are at the same depth of dist, so that one path is
 * right for both. Letters beyond ASCII are escaped in our files, as esbuild does in strings, in regular
 * expressions too: V8 holds a file that has one of them in two bytes a letter.
 */
const files = {
  name: 'files',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      const text = namedClasses(readFileSync(path, 'utf8'));
      const isOurs = path.startsWith(join(DIST, 'src'));
      return { contents: isOurs ? placed(asciiOf(text), path) : text, resolveDir: dirname(path) };
    });
  },
};

/**
 * Classes keep their name where the bundle has to rename them: Nest's log, errors and the OpenAPI file go
 * by it. (`keepNames` of esbuild does it for each function too, each time that a closure is made.)
 *
 * @param {string} text
 */
function namedClasses(text) {
  return text.replaceAll(
    /^(.*\bclass (\w+)(?: extends .*)? \{)(\}?)$/gm,
    (line, head, name, end) =>
      COMMENT.test(line)
        ? line
        : `${head}static{Object.defineProperty(this,"name",{value:"${name}",configurable:true})}${end}`,
  );
}

const COMMENT = /^\s*(?:\/\/|\/?\*)/;

/** @param {string} text @param {string} path */
function placed(text, path) {
  return text.replaceAll(
    /new URL\('(\.{1,2}\/[^']+)', import\.meta\.url\)/g,
    (_, place) => `new URL('${fromDepthOne(join(dirname(path), place))}', import.meta.url)`,
  );
}

/** @param {string} text */
function asciiOf(text) {
  return text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @param {string} file */
function fromDepthOne(file) {
  if (!ENTRIES.includes(file)) throw new Error(`${file} is loaded by its place, but is no entry`);
  return posix.join('..', ...relative(DIST, file).split(/[\\/]/));
}

for (const entry of ENTRIES)
  if (!existsSync(entry)) throw new Error(`No ${entry}: run nest build first`);

await build({
  absWorkingDir: DIST,
  entryPoints: ENTRIES,
  outdir: DIST,
  outbase: DIST,
  allowOverwrite: true,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  // Without comments and indents: a third less to read and to hold.
  minifyWhitespace: true,
  banner: { js: REQUIRE },
  external: [...OUTSIDE, ...ABSENT],
  plugins: [files],
  logLevel: 'warning',
  // Nest's plugin writes what it found in front of what a decorator says; the last one counts.
  logOverride: { 'duplicate-object-key': 'silent' },
});

thinMaps(join(DIST, 'chunks'));
