import { spawn } from 'node:child_process';

/**
 * Runs a program to its end. What it writes to standard error is in the message when it fails.
 *
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, loud?: boolean }} [options] loud: show its output
 * @returns {Promise<string>} its standard output, without the last line feed
 */
export function run(command, parameters, { env = process.env, cwd, loud = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (loud) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-8_000);
      if (loud) process.stderr.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve(output.trimEnd());
      reject(
        new Error(`${command} ${parameters.join(' ')}: exit code ${code}\n${errors || output}`),
      );
    });
  });
}
