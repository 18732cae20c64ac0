// `node --import <this file>`: writes what was loaded, one name a line, into the file LOADED_MODULES at the exit.
import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';

const file = process.env.LOADED_MODULES ?? '/dev/null';
const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(${JSON.stringify(file)}, url + '\\n');
    return next(url, context);
  }
`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
process.on('exit', () =>
  appendFileSync(file, Object.keys(createRequire(import.meta.url).cache).join('\n')),
);
