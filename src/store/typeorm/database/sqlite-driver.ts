import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The packages that hold the driver, best first. 13 brings its binaries, but needs Node 22. 12 is
 * the last one for Node 20; from Node 24.19 on it ends the whole process when one of its statements
 * is collected as garbage in an unlucky moment.
 */
const PACKAGES =
  Number(process.versions.node.split('.', 1)[0]) >= 22
    ? ['better-sqlite3-13', 'better-sqlite3']
    : ['better-sqlite3'];

type Constructor = new (file: string) => { close(): void };

let driver: Constructor | null = null;

/** The driver that is installed and loads. @throws what its package throws where there is none */
export function sqliteDriver(): unknown {
  return (driver ??= load(PACKAGES));
}

function load([name = '', ...others]: readonly string[]): Constructor {
  try {
    const found = require(name) as Constructor;
    // Only an opened database loads the native part.
    new found(':memory:').close();
    return found;
  } catch (error) {
    if (others.length === 0) throw error;
    return load(others);
  }
}
