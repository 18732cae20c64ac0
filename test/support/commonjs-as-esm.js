import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Writes a CommonJS package of flat files (`dist/*.js`) as one ES module and gives its path.
 *
 * Node requires ES modules since 20.19, but Jest can only from Node 24.9 on; before that a CommonJS
 * package that requires Nest, which is ESM, cannot be loaded in a test. Its files stay as they are,
 * each in a function, under a `require` that knows what was imported.
 *
 * @param {string} name of the package
 * @param {string} folder where to write
 * @returns {string} path of the module
 */
export function commonJsAsEsm(name, folder) {
  const entry = require.resolve(name);
  const files = readdirSync(dirname(entry)).filter((file) => file.endsWith('.js'));
  const sources = files.map((file) => [file, readFileSync(join(dirname(entry), file), 'utf8')]);
  const externals = new Set(sources.flatMap(([, source = '']) => externalsOf(source)));
  const exported = Object.keys(require(name)).filter((key) => key !== '__esModule');
  const lines = [
    ...[...externals].map((id, index) => `import * as external${index} from '${id}';`),
    'const loaded = new Map([',
    ...[...externals].map((id, index) => `  ['${id}', external${index}],`),
    ']);',
    'const files = {',
    ...sources.map(
      ([file = '', source]) => `'./${basename(file, '.js')}'(exports, require) {\n${source}\n},`,
    ),
    '};',
    'function load(id) {',
    '  if (!loaded.has(id)) {',
    '    const exports = {};',
    '    loaded.set(id, exports);',
    '    files[id](exports, load);',
    '  }',
    '  return loaded.get(id);',
    '}',
    `const entry = load('./${basename(entry, '.js')}');`,
    ...exported.map((key) => `export const ${key} = entry.${key};`),
  ];
  return write(join(folder, `${name.replaceAll('/', '+')}.mjs`), `${lines.join('\n')}\n`);
}

/** @param {string} source */
function externalsOf(source) {
  return [...source.matchAll(/require\("([^".][^"]*)"\)/g)].map(([, id = '']) => id);
}

/**
 * In one step, since several Jest processes may start together.
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
  return path;
}
