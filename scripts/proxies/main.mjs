// npm run test:proxies
//
// Runs the examples of docker/ for nginx and Caddy, with a certificate, a port and the service of the
// test put in, and streams chats through them. Needs the built service, and Debian's packages
// nginx-light, caddy and openssl: what is missing is said, and the tests of the others run.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const proxies = ['nginx', 'caddy'].filter((program) => {
  const there = has(program) && has('openssl');
  if (!there) console.log(`SKIPPED: ${program} or openssl is not installed`);
  return there;
});
const tests = spawn(process.execPath, ['--test', 'test/proxies/'], {
  cwd: resolve(import.meta.dirname, '../..'),
  env: { ...process.env, PROXIES: proxies.join(',') },
  stdio: ['ignore', 'inherit', 'inherit'],
});
const [code] = await once(tests, 'exit');
process.exitCode = code ?? 1;
