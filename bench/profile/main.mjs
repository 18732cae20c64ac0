/**
 * `npm run bench:profile`: where the time of a token or of an answer goes, or what it allocates.
 *
 *     --subject <name>   ours-memory
 *     --streams <n>      50; a token's path
 *     --tokens <n>       64 an answer; many more show a token without its share of the request
 *     --answers          plain answers instead: a request's path
 *     --allocations      bytes instead of time
 *     --seconds <n>      10
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RESULTS, takeBuilds } from '../builds.mjs';
import { Rig, targetOf } from '../rig/rig.mjs';
import { subjectNamed } from '../subjects/subjects.mjs';
import { cpuWeights, heapWeights, summary } from './summary.mjs';

const { values } = parseArgs({
  options: {
    subject: { type: 'string', default: 'ours-memory' },
    streams: { type: 'string', default: '50' },
    tokens: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '10' },
    answers: { type: 'boolean', default: false },
    allocations: { type: 'boolean', default: false },
  },
});
const [seconds, tokens] = [Number(values.seconds), Number(values.tokens)];
const kind = values.allocations ? 'heap' : 'cpu';

/** Runs the load; how many tokens or answers came while it was recorded. */
async function load(
  /** @type {Rig} */ rig,
  /** @type {import('../load/requests.mjs').Target} */ target,
  /** @type {number} */ pid,
  /** @type {number} */ forMs,
) {
  const times = { warmMs: 0, measureMs: forMs };
  if (values.answers) {
    const order = { port: target.port, pid, clients: 32, tokens, ...times };
    return (await rig.load.ask('answers', order)).answers;
  }
  const order = { target, pid, streams: Number(values.streams), tokens, paceMs: 20, ...times };
  // Tokens of the ramp and of the end are recorded too.
  const { answers } = await rig.load.ask('steady', order);
  return answers * tokens;
}

const subject = subjectNamed(takeBuilds([]), values.subject);
const rig = await Rig.start();
const service = await rig.fresh(subject, { probed: true });
try {
  const target = targetOf(subject, service);
  await load(rig, target, service.pid, 2_000);
  await service.ask(`${kind}Start`);
  const tasks = await load(rig, target, service.pid, seconds * 1000);
  const profile = await service.ask(`${kind}Stop`);
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${subject.name}.${kind}profile`);
  writeFileSync(file, JSON.stringify(profile));
  const unit = `${kind === 'cpu' ? 'µs' : 'bytes'} ${values.answers ? 'an answer' : 'a token'}`;
  const weights = kind === 'cpu' ? cpuWeights(profile) : heapWeights(profile);
  console.log(summary(weights, { unit, perTask: tasks }).join('\n'));
  console.log(`\n${tasks} ${values.answers ? 'answers' : 'tokens'}; ${file}`);
} finally {
  await service.stop();
  await rig.stop();
}
process.exit(0);
