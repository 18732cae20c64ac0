/**
 * `npm run bench:soak`: streams, clients that leave and whole answers, one after the other for ten
 * minutes; what lives after a full collection is counted between. It should stop growing.
 *
 *     --subject <name>   ours-memory
 *     --minutes <n>      10
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { takeBuilds } from './builds.mjs';
import { rssOf, socketsOf } from './rig/proc.mjs';
import { Rig, targetOf } from './rig/rig.mjs';
import { subjectNamed } from './subjects/subjects.mjs';

/** Logs of ended answers are kept for so long, so that they come and go within the run. */
const RETENTION_SECONDS = 30;
const ABORTS = 200;

const { values } = parseArgs({
  options: {
    subject: { type: 'string', default: 'ours-memory' },
    minutes: { type: 'string', default: '10' },
  },
});

const subject = subjectNamed(takeBuilds([]), values.subject);
const rig = await Rig.start();
const env = { ...subject.env, GENERATION_RETENTION: String(RETENTION_SECONDS) };
const service = await rig.fresh({ ...subject, env }, { probed: true });
const target = targetOf(subject, service);
const { pid } = service;

let turns = 0;

/** Thirty streams for some seconds, clients that leave, then whole answers. */
async function work() {
  const times = { warmMs: 0, measureMs: 5_000 };
  const streams = { target, pid, streams: 30, tokens: 32, paceMs: 20, ...times };
  turns += (await rig.load.ask('steady', streams)).answers;
  const left = await rig.load.ask('aborts', {
    target,
    aborts: ABORTS,
    atOnce: 20,
    firstMark: turns,
  });
  turns += left.length;
  const whole = { port: target.port, pid, clients: 8, tokens: 64, warmMs: 0, measureMs: 500 };
  turns += (await rig.load.ask('answers', whole)).answers;
}

const head = ['minute', 'turns', 'heap MB', 'resident MB', 'sockets', 'timers', 'open'];
console.log(`| ${head.join(' | ')} |\n|${' --: |'.repeat(head.length)}`);
const startedAt = performance.now();
const minutes = () => (performance.now() - startedAt) / 60_000;
try {
  for (let next = 0; minutes() < Number(values.minutes);) {
    await work();
    if (minutes() < next) continue;
    next = Math.floor(minutes()) + 1;
    await delay(500);
    const census = await service.ask('census');
    const row = [
      minutes().toFixed(1),
      turns,
      (census.heapBytes / 1e6).toFixed(1),
      (rssOf(pid) / 1e6).toFixed(0),
      census.sockets,
      census.timers,
      socketsOf(pid),
    ];
    console.log(`| ${row.join(' | ')} |`);
  }
} finally {
  await service.stop();
  await rig.stop();
}
process.exit(0);
