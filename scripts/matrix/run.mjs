import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

/**
 * Runs a command and gives its output; what it prints goes to the file `log` too.
 *
 * @param {string[]} command
 * @param {{ cwd: string, log: string, env?: Record<string, string | undefined>, timeoutMs?: number }} options
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run([file = '', ...parameters], { cwd, log, env = {}, timeoutMs = 600_000 }) {
  return new Promise((resolve) => {
    appendFileSync(log, `$ ${[file, ...parameters].join(' ')}\n`);
    const child = spawn(file, parameters, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (/** @type {string} */ text) => {
        output += text;
        appendFileSync(log, text);
      });
    }
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * Runs commands one after another, as far as they succeed.
 *
 * @param {string[][]} commands
 * @param {Parameters<typeof run>[1]} options
 */
export async function runAll(commands, options) {
  let result = { ok: true, output: '' };
  for (const command of commands) {
    result = await run(command, options);
    if (!result.ok) break;
  }
  return result;
}
