// npm run test:chart [-- --if-made]
//
// Renders the Helm chart with each values file of its folder `ci`, checks what it renders against
// Kubernetes' schemas, and runs test/chart. The first run builds helm with Go; where it cannot be had
// it says so and exits 0, and `--if-made` does nothing where that was not done.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { areToolsMade, makeTools } from './tools.mjs';

const { values } = parseArgs({ options: { 'if-made': { type: 'boolean', default: false } } });

const skip = (reason) => console.log(`SKIPPED: the chart's tests did not run: ${reason}`);

if (values['if-made'] && !areToolsMade()) {
  skip('its tools were not made before; `npm run test:chart` makes them');
} else if (await made()) {
  const tests = spawn(process.execPath, ['--test', 'test/chart/'], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(tests, 'exit');
  process.exitCode = code ?? 1;
}

async function made() {
  try {
    await makeTools();
    return true;
  } catch (error) {
    skip(error instanceof Error ? error.message : String(error));
    return false;
  }
}
