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

/** A database as the driver has it, past TypeORM. */
export interface SqliteHandle {
  /** With `simple`, the first column of the first row. */
  pragma(text: string, options?: { simple: boolean }): unknown;
  prepare(sql: string): { pluck(): { all(): unknown[] } };
  close(): void;
}

type Constructor = new (
  file: string,
  options?: { readonly?: boolean; fileMustExist: boolean; timeout?: number },
) => SqliteHandle;

interface Driver {
  open: Constructor;
  /** The package's main file. */
  path: string;
}

let driver: Driver | null = null;

/** The driver that is installed and loads. @throws what its package throws where there is none */
export function sqliteDriver(): unknown {
  return loaded().open;
}

/**
 * Where it was loaded from. A thread has to take the same one: SQLite twice in one process, each with
 * locks of its own, would damage a database.
 */
export function sqliteDriverPath(): string {
  return loaded().path;
}

/** Opens a database that is there without ever changing it. */
export function openToRead(file: string): SqliteHandle {
  const { open } = loaded();
  return new open(file, { readonly: true, fileMustExist: true });
}

/** Opens a database that is there; throws `SQLITE_BUSY` if any other connection has it open. */
export function openAlone(file: string): SqliteHandle {
  const { open } = loaded();
  const database = new open(file, { fileMustExist: true, timeout: 0 });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    // The first access takes the lock.
    database.pragma('user_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function loaded(): Driver {
  return (driver ??= load(PACKAGES));
}

function load([name = '', ...others]: readonly string[]): Driver {
  try {
    const open = require(name) as Constructor;
    // Only an opened database loads the native part.
    new open(':memory:').close();
    return { open, path: require.resolve(name) };
  } catch (error) {
    if (others.length === 0) throw error;
    return load(others);
  }
}
