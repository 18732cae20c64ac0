/** `npm run bench`: see README.md here. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RESULTS, takeBuilds } from './builds.mjs';
import { readOptions, USAGE } from './options.mjs';
import { makePlan } from './plan.mjs';
import { curve } from './report/curve.mjs';
import { markdown } from './report/markdown.mjs';
import { Medians } from './report/medians.mjs';
import { record } from './report/record.mjs';
import { describeMachine } from './rig/cores.mjs';
import { Rig } from './rig/rig.mjs';
import { Run } from './run.mjs';
import { allScenarios } from './scenarios/all.mjs';
import { FULL, QUICK } from './sizes.mjs';
import { allSubjects } from './subjects/subjects.mjs';

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);

/** @param {import('./options.mjs').Options} options */
async function bench(options) {
  const sizes = options.quick ? QUICK : FULL;
  const subjects = allSubjects(takeBuilds(options.also));
  const plan = makePlan({ scenarios: allScenarios(sizes), subjects }, options);
  const machine = describeMachine();
  say(`${machine.cores} cores, Node ${machine.node}; ${machine.pinning}`);
  const rig = await Rig.start(sizes.workMs);
  const run = new Run(rig, sizes, { ...options, say });
  try {
    await run.all(plan);
  } finally {
    await rig.stop();
  }
  const measured = subjects.filter(({ name }) =>
    run.samples.some(({ subject }) => subject === name),
  );
  const { rounds, quick, keepVoid } = options;
  return {
    sizes,
    report: {
      date: new Date().toISOString(),
      machine,
      options: { rounds, quick, keepVoid },
      subjects: measured,
      samples: run.samples,
    },
  };
}

/** @param {Awaited<ReturnType<typeof bench>>} done @param {import('./options.mjs').Options} options */
function publish({ report, sizes }, options) {
  const medians = new Medians(report.samples, options.keepVoid);
  const text = markdown(report, medians);
  const image = curve(medians, sizes.curve);
  const name = join(RESULTS, report.date.replace(/[:.]/g, '-'));
  mkdirSync(RESULTS, { recursive: true });
  // Builds were copied into this run's folder, which was removed.
  const subjects = report.subjects.map((subject) => ({ ...subject, entry: undefined }));
  writeFileSync(`${name}.json`, JSON.stringify({ ...report, subjects, medians }, null, 2));
  writeFileSync(`${name}.md`, text);
  if (image) writeFileSync(`${name}.svg`, image);
  process.stdout.write(text);
  say(`${name}.md`);
  if (options.record) keep({ report, medians, image });
}

/** @param {{ report: import('./report/markdown.mjs').Report, medians: Medians, image: string | null }} result */
function keep({ report, medians, image }) {
  const here = import.meta.dirname;
  if (image) writeFileSync(join(here, 'streams.svg'), image);
  const shown = image ? ['![CPU a token and gap p99 against streams](streams.svg)', ''] : [];
  record(join(here, 'RESULTS.md'), report, medians, shown);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) publish(await bench(options), options);
  else say(USAGE);
  process.exit(0);
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}
