import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Compiles the file that a thread runs, with the files that it imports, and writes a module that exports
 * its URL. A thread is outside Jest: it takes no TypeScript.
 *
 * @param {string} source below the root of the repository
 * @param {string} exported name of the exported URL
 * @param {string} folder where to write
 * @returns {string} path of the module
 */
export function workerFile(source, exported, folder) {
  // Files below node_modules belong to no package but their own.
  write(join(folder, 'package.json'), '{"type":"module"}');
  const url = pathToFileURL(compile(source, folder, new Set())).href;
  const text = `export const ${exported} = new URL(${JSON.stringify(url)});\n`;
  return write(join(folder, `${exported}.mjs`), text);
}

/**
 * @param {string} source
 * @param {string} folder
 * @param {Set<string>} done
 * @returns {string} path of the compiled file
 */
function compile(source, folder, done) {
  const target = join(folder, source.replace(/\.ts$/, '.js'));
  if (done.has(source)) return target;
  done.add(source);
  const { code } = transformSync(readFileSync(join(root, source), 'utf8'), {
    swcrc: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'es6' },
  });
  for (const [, imported = ''] of code.matchAll(/from ['"](\.{1,2}\/[^'"]+)\.js['"]/g)) {
    compile(`${join(dirname(source), imported)}.ts`, folder, done);
  }
  return write(target, code);
}

/**
 * In one step, since several Jest processes may start together.
 *
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
