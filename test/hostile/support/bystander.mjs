/**
 * A process of its own, so that nothing an attack does in the test's process delays it:
 *
 * - a model server that answers every chat at once, whose address it tells first;
 * - a client that goes on asking a service, one request after the other, each on a connection of
 *   its own, and remembers how long each took and what went wrong.
 *
 * In: `{ watch: { url, requests } }`, `{ report: true }` (stops asking). Out: `{ modelUrl }`,
 * `{ answered, slowestMs, slowest, failures }`.
 *
 * @typedef {{ method?: string, path: string, body?: object, headers?: Record<string, string> }} Asked
 * @typedef {{ answered: number, slowestMs: number, slowest: string, failures: string[] }} Report
 */
import { createServer, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 20;
const PATIENCE_MS = 20_000;
const MOST_FAILURES = 10;

/** @type {Report} */
let report = { answered: 0, slowestMs: 0, slowest: '', failures: [] };
let watching = Promise.resolve();
let wanted = false;

const models = createServer((asked, response) => {
  asked.resume().on('end', () => response.end(modelAnswer(asked.url ?? '')));
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

/** @param {{ url: string, requests: Asked[] }} what */
async function watch({ url, requests }) {
  for (let turn = 0; wanted; turn += 1) {
    const asked = requests[turn % requests.length];
    if (asked) await askOnce(url, asked);
    await delay(PAUSE_MS);
  }
}

/** @param {string} url @param {Asked} asked */
async function askOnce(url, asked) {
  const name = `${asked.method ?? 'GET'} ${asked.path}`;
  const start = performance.now();
  const outcome = await answer(url, asked);
  const tookMs = Math.round(performance.now() - start);
  if (tookMs > report.slowestMs) Object.assign(report, { slowestMs: tookMs, slowest: name });
  if (outcome === 200) report.answered += 1;
  else if (report.failures.length < MOST_FAILURES) report.failures.push(`${name}: ${outcome}`);
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

/** As Ollama answers: one model, and a chat of two tokens. @param {string} path */
function modelAnswer(path) {
  const model = 'llama2:latest';
  if (path === '/api/tags') {
    const details = { family: 'llama', parameter_size: '7B', quantization_level: 'Q4_0' };
    const modified = { modified_at: '2026-01-05T09:00:00Z', digest: 'd1', size: 3_800_000_000 };
    return JSON.stringify({ models: [{ name: model, model, ...modified, details }] });
  }
  if (path !== '/api/chat') {
    return JSON.stringify({
      version: '0.9.6',
      details: {},
      model_info: {},
      capabilities: ['completion'],
    });
  }
  const said = ['Good', ' day'].map((content) => ({
    model,
    message: { role: 'assistant', content },
    done: false,
  }));
  const end = { model, message: { role: 'assistant', content: '' }, done: true };
  const lines = [...said, { ...end, done_reason: 'stop', prompt_eval_count: 3, eval_count: 2 }];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
