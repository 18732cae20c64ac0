import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What a keeper has published: where its server is, or why there is none. */
export interface KeeperState {
  url?: string;
  error?: string;
}

/**
 * The server of this test run, started by whichever spec file asks first. Its keeper, the script
 * `<name>/keeper.js`, runs beside the tests and ends with them.
 */
export async function keptServer(name: string, patienceMs: number): Promise<KeeperState> {
  const { TEST_RUN_FOLDER: folder } = process.env;
  if (!folder) return { error: 'Jest was run without its setup' };
  if (await isFirst(join(folder, `${name}.lock`))) await startKeeper(folder, name);
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const state = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => null);
    if (state !== null) return JSON.parse(state);
    await delay(50);
  }
  return { error: `its keeper said nothing for ${patienceMs / 1000} s` };
}

/** What a spec does without the server that it needs: it is skipped, or fails where all must be there. */
export function missing(what: string, { error = 'unknown' }: KeeperState): null {
  const problem = `No ${what} for the tests: ${error}`;
  const { REQUIRE_DATABASES: required, TEST_RUN_FOLDER: folder } = process.env;
  if (required === '1') throw new Error(problem);
  // The end of the run says it once, however many suites are concerned.
  if (folder)
    writeFileSync(join(folder, `${what}.missing`), `${problem}. Its suites were skipped.`);
  return null;
}

async function isFirst(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch {
    return false;
  }
}

async function startKeeper(folder: string, name: string): Promise<void> {
  const script = fileURLToPath(new URL(`./${name}/keeper.js`, import.meta.url));
  const keeper = spawn(process.execPath, [script, folder, process.env.TEST_RUN_PID ?? '0'], {
    detached: true,
    stdio: 'ignore',
  });
  keeper.unref();
  const file = await open(join(folder, `${name}.pid`), 'w');
  await file.writeFile(String(keeper.pid));
  await file.close();
}
