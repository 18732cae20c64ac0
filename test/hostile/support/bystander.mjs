/**
 * A process of its own, so that nothing an attack does in the test's process delays it:
 *
 * - a model server that answers every chat at once, whose address it tells first: `llama2` with two
 *   words, `long` with 800,000 characters, any with a text of many `a` where a format is asked for;
 * - a client that goes on asking a service, one request after the other, each on a connection of
 *   its own, and remembers how long each took and what went wrong.
 *
 * What counts is the service's own time: while the machine has both it and this process wait for a
 * core, because of others, no time passes for either.
 *
 * In: `{ watch: { url, pid, requests } }`, `{ report: true }` (stops asking). Out: `{ modelUrl }`,
 * `{ answered, slowestMs, slowest, failures }`.
 *
 * @typedef {{ method?: string, path: string, body?: object, headers?: Record<string, string> }} Asked
 * @typedef {{ answered: number, slowestMs: number, slowest: string, failures: string[] }} Report
 */
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 20;
const PATIENCE_MS = 20_000;
const MOST_FAILURES = 10;
/** What the model says where a format is asked for: `^(a+)+$` takes for ever to see that it is not that. */
const SLOW_TO_JUDGE = JSON.stringify(`${'a'.repeat(60)}b`);

/** @type {Report} */
let report = { answered: 0, slowestMs: 0, slowest: '', failures: [] };
let watching = Promise.resolve();
let wanted = false;

const models = createServer((asked, response) => {
  void text(asked).then((body) => response.end(modelAnswer(asked.url ?? '', body)));
});
models.listen(0, '127.0.0.1', () => {
  const address = models.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.send?.({ modelUrl: `http://127.0.0.1:${port}` });
});

process.on('message', (/** @type {any} */ message) => {
  if (message.watch) {
    report = { answered: 0, slowestMs: 0, slowest: '', failures: [] };
    wanted = true;
    watching = watch(message.watch);
  } else if (message.report) {
    wanted = false;
    void watching.then(() => process.send?.(report));
  }
});
process.on('disconnect', () => process.exit(0));

/** @param {{ url: string, pid: number, requests: Asked[] }} what */
async function watch({ url, pid, requests }) {
  for (let turn = 0; wanted; turn += 1) {
    const asked = requests[turn % requests.length];
    if (asked) await askOnce(url, pid, asked);
    await delay(PAUSE_MS);
  }
}

/** @param {string} url @param {number} pid @param {Asked} asked */
async function askOnce(url, pid, asked) {
  const name = `${asked.method ?? 'GET'} ${asked.path}`;
  const ownTime = () => performance.now() - waitedMs(pid) - waitedMs(process.pid);
  const start = ownTime();
  const outcome = await answer(url, asked);
  const tookMs = Math.round(ownTime() - start);
  if (tookMs > report.slowestMs) Object.assign(report, { slowestMs: tookMs, slowest: name });
  if (outcome === 200) report.answered += 1;
  else if (report.failures.length < MOST_FAILURES) report.failures.push(`${name}: ${outcome}`);
}

/**
 * How long the main thread of a process has waited for a core, ready to run.
 *
 * @param {number} pid
 */
function waitedMs(pid) {
  try {
    const [, waitedNs = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}

/** @param {string} url @param {Asked} asked @returns {Promise<number | string>} status or failure */
function answer(url, { method = 'GET', path, body, headers }) {
  const text = body && JSON.stringify(body);
  return new Promise((resolve) => {
    const sent = request(url + path, {
      method,
      agent: false,
      timeout: PATIENCE_MS,
      headers: { ...(text && { 'Content-Type': 'application/json' }), ...headers },
    });
    sent.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', ({ message }) => resolve(message));
    sent.end(text);
  });
}

/** As Ollama answers. @param {string} path @param {string} body */
function modelAnswer(path, body) {
  if (path === '/api/tags') return JSON.stringify({ models: ['llama2', 'long'].map(modelEntry) });
  if (path !== '/api/chat') {
    const facts = { version: '0.9.6', details: {}, model_info: {} };
    return JSON.stringify({ ...facts, capabilities: ['completion'] });
  }
  const { model, format } = JSON.parse(body);
  const tokens = format
    ? [SLOW_TO_JUDGE]
    : model.startsWith('long')
      ? Array(100).fill('x'.repeat(8_000))
      : ['Good', ' day'];
  const end = { done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2 };
  const lines = [
    ...tokens.map((content) => ({ message: { role: 'assistant', content }, done: false })),
    { message: { role: 'assistant', content: '' }, ...end },
  ];
  return lines.map((line) => `${JSON.stringify({ model, ...line })}\n`).join('');
}

/** @param {string} name */
function modelEntry(name) {
  const model = `${name}:latest`;
  const facts = { modified_at: '2026-01-05T09:00:00Z', digest: name, size: 3_800_000_000 };
  const details = { family: 'llama', parameter_size: '7B', quantization_level: 'Q4_0' };
  return { name: model, model, ...facts, details };
}
