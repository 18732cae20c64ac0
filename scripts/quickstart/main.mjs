// `npm run quickstart`: builds the service, finds or starts a model, starts the service, asks it one
// question and keeps both running until Ctrl-C. `-- --once` ends after the answer, `--no-build` takes
// what is built as it is.
import { ask } from './ask.mjs';
import { buildIfNeeded } from './build.mjs';
import { Children } from './children.mjs';
import { findOrStartModelServer } from './model-server.mjs';
import { nextSteps } from './next-steps.mjs';
import { say } from './say.mjs';
import { readServiceSettings } from './service-settings.mjs';
import { startService } from './service.mjs';

const QUESTION = 'Hello! What can you help me with?';
/** On top of the time that the service gives running answers. */
const STOP_MARGIN_MS = 10_000;
const FIRST_PATIENCE_MS = 30_000;
/** A terminal sends Ctrl-C to npm and to quickstart, and npm sends it on: that is one signal. */
const SAME_SIGNAL_MS = 1_000;

const once = process.argv.includes('--once');
const children = new Children();
let patienceMs = FIRST_PATIENCE_MS;

/** From the clone to an answer. */
async function quickstart() {
  if (!process.argv.includes('--no-build')) await buildIfNeeded();
  const settings = await readServiceSettings();
  patienceMs = settings.shutdown.delayMs + settings.shutdown.drainMs + STOP_MARGIN_MS;
  const modelServer = await findOrStartModelServer(settings, children);
  const url = await startService(settings, modelServer, children);
  say(`The service runs at ${url}. Asking ${modelServer.model}: ${QUESTION}`);
  await showAnswer(url);
  if (modelServer.whyScripted !== null) {
    say(`That was scripted, NOT a language model: ${modelServer.whyScripted}`);
  }
  console.error(nextSteps(url, process.platform));
}

/** @param {string} url */
async function showAnswer(url) {
  process.stdout.write('\n');
  const outcome = await ask(url, QUESTION, (text) => process.stdout.write(text));
  process.stdout.write('\n\n');
  if (outcome !== 'answered') say(outcome);
}

/** @returns {Promise<void>} once someone asks quickstart to end; asked again, it ends at once */
function toldToStop() {
  return new Promise((resolve) => {
    /** @type {number | null} */
    let firstAt = null;
    for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(name, () => {
        firstAt ??= performance.now();
        resolve();
        if (performance.now() - firstAt <= SAME_SIGNAL_MS) return;
        children.kill();
        process.exit(1);
      });
    }
  });
}

let exitCode = 0;
let byTerminal = false;
const stopped = toldToStop().then(() => {
  byTerminal = true;
});
try {
  await Promise.race([quickstart(), children.failed, stopped]);
  if (!once && !byTerminal) {
    say('Ctrl-C stops everything.');
    await Promise.race([children.failed, stopped]);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  exitCode = 1;
}
if (byTerminal) say('Stopping…');
await children.stop({ patienceMs, byTerminal });
process.exit(exitCode);
