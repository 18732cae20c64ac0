import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * npm as a program and its first arguments. It is started as a script of Node where it can be
 * found, since Windows does not start `npm.cmd` without a shell.
 *
 * @param {NodeJS.ProcessEnv} environment npm tells scripts it runs its own path.
 * @returns {[string, ...string[]]}
 */
export function npmCommand(environment) {
  const told = environment.npm_execpath;
  const beside = dirname(process.execPath);
  const places = [
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  const scripts =
    told !== undefined && basename(told) === 'npm-cli.js' ? [told, ...places] : places;
  const script = scripts.find((path) => existsSync(path));
  return script === undefined ? ['npm'] : [process.execPath, script];
}
