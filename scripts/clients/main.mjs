// npm run test:clients [-- --only <part of a client's name> --write]
//
// Official clients against the built service, over sockets: test/clients, whose table is in
// docs/clients.md. `--write` puts the table there. The service runs on this Node, the JavaScript clients
// on the newer one that some of them need. Needs npm and Python with pip; Chromium and Go where they are
// installed, else the cases of their clients fail (Go is brought along).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeDocument } from '../../test/clients/document.mjs';
import { CLIENTS } from '../../test/clients/table.mjs';
import { startService } from '../service/start.mjs';
import { chromium, goClient, NODE, packages, pythonClients } from './install.mjs';

const TESTS = resolve(import.meta.dirname, '../../test/clients');

/** A test that leaves something open would wait for ever. */
const RUNNER = ['--test', '--test-concurrency=2', '--test-timeout=120000', '--test-force-exit'];

const { only, write } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
}).values;

if (write) writeDocument();
const folder = mkdtempSync(join(tmpdir(), 'chat-clients-'));
try {
  process.exitCode = packages() ? await tested() : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the tests of the clients; their exit code. */
async function tested() {
  const python = pythonClients(folder);
  const clients = {
    CLIENTS_PYTHON: python,
    CLIENTS_GO: goClient(folder, python),
    CLIENTS_CHROMIUM: chromium(),
  };
  const service = await startService({
    SCENARIO_FILE: join(TESTS, 'scenario.yaml'),
    OLLAMA_ENABLED: 'false',
    OLLAMA_DEFAULT_MODEL: '',
  });
  const files = Object.entries(CLIENTS).flatMap(([id, { tests }]) =>
    id.includes(only) ? tests : [],
  );
  const tests = spawn(NODE, [...RUNNER, 'table.test.mjs', ...files], {
    cwd: TESTS,
    env: { ...process.env, ...clients, SERVICE_URL: service.url },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(tests, 'exit');
  await service.stop();
  return code ?? 1;
}
