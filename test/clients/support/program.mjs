import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CLIENTS, testedOf } from '../table.mjs';
import { cases } from './cases.mjs';

/**
 * A client that is no JavaScript: a program that prints `ok <behaviour>` or `fail <behaviour>: <why>`.
 *
 * @param {keyof typeof CLIENTS} id
 * @param {string[]} command its first word is empty where the client could not be installed
 */
export async function programCases(id, command) {
  const printed = await output(command);
  const behaviours = testedOf(CLIENTS[id]);
  cases(id, Object.fromEntries(behaviours.map((each) => [each, () => assertOk(printed, each)])));
}

/** @param {string[]} command @returns {Promise<string>} all that it prints */
async function output([file, ...args]) {
  if (!file) return 'The client could not be installed.';
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + errors;
}

/** @param {string} printed @param {string} behaviour */
function assertOk(printed, behaviour) {
  const lines = printed.split('\n');
  if (lines.includes(`ok ${behaviour}`)) return;
  throw new Error(lines.find((line) => line.startsWith(`fail ${behaviour}:`)) ?? printed);
}

/** @param {string} folder @param {string} file */
export function python(folder, file) {
  return [process.env.CLIENTS_PYTHON ?? '', join(folder, file)];
}
