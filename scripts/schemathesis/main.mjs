// npm run test:schemathesis [-- --examples 60 --seed 1 --phases fuzzing]
//
// Asks the built service what its document allows and what it forbids, as Schemathesis makes it up,
// in memory with API keys and on SQLite without. `schemathesis` (PyPI) has to be on the path, in the
// version that .ci/run installs. The seed is printed: with it a run can be repeated.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '../service/start.mjs';

/** Both runs together; what takes longer is a failure too. */
const LONGEST_MS = 5 * 60_000;
const KEY = 'a-key-for-schemathesis-only';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' },
    'time-limit': { type: 'string', default: String(LONGEST_MS / 1000) },
  },
});
const deadline = AbortSignal.timeout(Number(values['time-limit']) * 1000);

const STORAGES = {
  'memory, with keys': {
    env: { API_KEYS: `tester:${KEY}` },
    options: ['--header', `Authorization: Bearer ${KEY}`],
  },
  SQLite: { env: { HISTORY_STORAGE_TYPE: 'database' }, options: [] },
};

for (const [storage, { env, options }] of Object.entries(STORAGES)) {
  console.log(`== ${storage}, seed ${values.seed}`);
  const service = await startService(env);
  const code = await schemathesis(service.url, options);
  const stopped = await service.stop();
  if (code !== 0) process.exitCode = 1;
  if (stopped !== 0) {
    console.error(`The service ended with ${stopped}`);
    process.exitCode = 1;
  }
}

/** @param {string} url @param {string[]} options @returns {Promise<number | null>} */
async function schemathesis(url, options) {
  // It keeps what it finds in its working folder.
  const folder = mkdtempSync(join(tmpdir(), 'chat-schemathesis-'));
  const parameters = [
    ...['run', `${url}/api/openapi.json`, '--seed', values.seed, '--phases', values.phases],
    ...['--max-examples', values.examples, '--request-timeout', '20', '--continue-on-failure'],
    ...options,
  ];
  try {
    const child = spawn('schemathesis', parameters, {
      cwd: folder,
      env: {
        ...process.env,
        SCHEMATHESIS_HOOKS: 'hooks',
        PYTHONPATH: resolve(import.meta.dirname),
      },
      stdio: ['ignore', 'inherit', 'inherit'],
      signal: deadline,
    });
    const [code] = await once(child, 'exit');
    return code;
  } catch (error) {
    console.error(deadline.aborted ? 'It took too long' : String(error));
    return 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
