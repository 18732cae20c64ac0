import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findBinaries, serverUser } from '../../../test/support/postgres/binaries.js';
import { run } from '../run.mjs';
import { testCounts } from '../test-counts.mjs';

const root = resolve(import.meta.dirname, '../../..');
/** The machine's own server, and the one that npm brings. */
const SERVERS = ['installed', 'embedded'];

/**
 * Runs what depends on the server's version against each PostgreSQL that is here.
 *
 * @param {{ only?: string | undefined, keep?: string | undefined }} options `only`: one of the two;
 *   `keep`: where the logs are left to be looked at
 */
export async function postgres({ only, keep }) {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'chat-postgres-'));
  /** @type {string[][]} */
  const rows = [];
  let failed = 0;
  try {
    for (const server of SERVERS.filter((one) => only === undefined || one === only)) {
      const env = { TEST_POSTGRES: server, REQUIRE_DATABASES: '1' };
      const log = join(folder, `${server}.log`);
      const result = await run(['npm', 'run', 'test:postgres'], { cwd: root, log, env });
      const counts = testCounts(result);
      failed += counts.failed;
      const cells = [versionOf(server), server, counts.passed, counts.failed, counts.skipped];
      rows.push(cells.map(String));
    }
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
  return {
    name: 'postgres',
    title: 'Versions of PostgreSQL',
    note: '`npm run test:postgres`: the contract of the store, migrations, plans, poolers, failures.',
    head: ['PostgreSQL', 'which', 'passed', 'failed', 'skipped'],
    rows,
    failed,
  };
}

/** @param {string} server */
function versionOf(server) {
  process.env.TEST_POSTGRES = server;
  const folder = mkdtempSync(join(tmpdir(), 'chat-postgres-'));
  try {
    const file = join(findBinaries(serverUser(), folder), 'postgres');
    const printed = execFileSync(file, ['--version'], { encoding: 'utf8' });
    return /\d+\.\d+/.exec(printed)?.[0] ?? printed.trim();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
