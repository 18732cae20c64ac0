import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';

/**
 * Compiles the service by the book, as Nest's own build would.
 *
 * @param {string} from folder with its sources
 * @param {string} to folder for what comes of them
 */
export function compileBook(from, to) {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from)) {
    if (!file.endsWith('.ts')) continue;
    const { code } = transformSync(readFileSync(join(from, file), 'utf8'), {
      filename: file,
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: 'es6' },
    });
    writeFileSync(join(to, file.replace(/\.ts$/, '.js')), code);
  }
}
