#!/usr/bin/env node
// Stands in for the program `ollama` in the container tests: serve, list, show NAME, pull NAME.
// It answers "count to 40, one each 50 ms" with these tokens, and all else with three words.
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const FOLDER = '/root/.ollama';
const MODELS = `${FOLDER}/models.json`;
const PORT = 11434;
const host = process.env.OLLAMA_HOST ?? `127.0.0.1:${PORT}`;
const server = host.startsWith('http') ? host : `http://${host}`;

/** In the volume, as the real one has them. @returns {string[]} */
const models = () => (existsSync(MODELS) ? JSON.parse(readFileSync(MODELS, 'utf8')) : []);

const details = { format: 'gguf', family: 'llama', parameter_size: '1B' };
const tag = (name) => ({
  ...{ name, model: name, modified_at: '2026-01-05T09:00:00Z', size: 1_000_000 },
  ...{ digest: Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64), details },
});
const shown = {
  details,
  model_info: { 'general.architecture': 'llama', 'llama.context_length': 8192 },
  capabilities: ['completion'],
};

const ROUTES = {
  '/api/version': () => [200, { version: '0.20.6' }],
  '/api/tags': () => [200, { models: models().map(tag) }],
  '/api/show': ({ model }) => (models().includes(model) ? [200, shown] : notFound(model)),
  '/api/pull': ({ model }) => {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(MODELS, JSON.stringify([...new Set([...models(), model])]));
    return [200, { status: 'success' }];
  },
};
const notFound = (model) => [404, { error: `model '${model}' not found` }];

async function answer(request, response) {
  const body = await text(request);
  const parameters = body === '' ? {} : JSON.parse(body);
  if (request.url === '/api/chat') return chat(parameters, response);
  const [status, value] = ROUTES[request.url]?.(parameters) ?? [200, 'Ollama is running'];
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

async function chat({ model, messages }, response) {
  if (!models().includes(model)) {
    const [status, value] = notFound(model);
    return response.writeHead(status).end(JSON.stringify(value));
  }
  const asked = messages.at(-1).content.match(/count to (\d+), one each (\d+) ms/);
  const tokens = asked
    ? Array.from({ length: Number(asked[1]) }, (_, index) => `${index + 1} `)
    : ['You ', 'are ', 'heard.'];
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for (const content of tokens) {
    if (response.destroyed) return;
    response.write(line({ model, message: { role: 'assistant', content }, done: false }));
    await pause(Number(asked?.[2] ?? 0));
  }
  const end = { done: true, done_reason: 'stop', prompt_eval_count: 9, eval_count: tokens.length };
  response.end(line({ model, message: { role: 'assistant', content: '' }, ...end }));
}

const line = (value) => `${JSON.stringify({ created_at: new Date().toISOString(), ...value })}\n`;

function serve() {
  createServer((request, response) => void answer(request, response)).listen(PORT, '0.0.0.0');
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
}

async function ask(path, parameters) {
  const response = await fetch(server + path, {
    ...(parameters && { method: 'POST', body: JSON.stringify(parameters) }),
  });
  console.log(await response.text());
  return response.ok ? 0 : 1;
}

const [command, model] = process.argv.slice(2);
const COMMANDS = {
  serve,
  list: () => ask('/api/tags'),
  show: () => ask('/api/show', { model }),
  pull: () => ask('/api/pull', { model }),
};
try {
  process.exitCode = (await COMMANDS[command]()) ?? 0;
} catch {
  process.exitCode = 1;
}
