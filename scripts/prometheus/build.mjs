import { build } from './programs.mjs';

const problem = build();
if (problem !== null) {
  console.error(`No Prometheus for the tests: ${problem}`);
  process.exitCode = 1;
}
