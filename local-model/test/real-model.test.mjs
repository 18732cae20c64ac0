// With the real weights, which are downloaded where the cache has none: `npm run test:local-model`.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** @type {import('node:child_process').ChildProcess} */
let child;
let url = '';
let model = '';

before(async () => {
  child = fork(fileURLToPath(new URL('../main.mjs', import.meta.url)), { stdio: 'inherit' });
  const [ready] = await once(child, 'message');
  assert.equal(ready.whyScripted, null, 'a real model runs');
  ({ url, model } = ready);
});

after(async () => {
  child.disconnect();
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});

/**
 * @typedef {object} Answer
 * @property {{ content: string }} message
 * @property {string} done_reason
 * @property {number} prompt_eval_count
 * @property {number} eval_count
 */

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function answerIn(response) {
  return /** @type {Promise<Answer>} */ (response.json());
}

/**
 * @param {string} content
 * @param {Record<string, unknown>} options
 * @param {{ stream?: boolean, signal?: AbortSignal }} [how]
 */
function chat(content, options, { stream = false, signal } = {}) {
  const messages = [{ role: 'user', content }];
  return fetch(`${url}/api/chat`, {
    method: 'POST',
    body: JSON.stringify({ model, messages, options: { temperature: 0, ...options }, stream }),
    ...(signal && { signal }),
  });
}

test('it knows the capital of France', async () => {
  const body = await answerIn(await chat('What is the capital of France?', { num_predict: 30 }));
  assert.match(body.message.content, /Paris/);
  assert.equal(body.done_reason, 'stop');
  assert.ok(body.prompt_eval_count > 10 && body.eval_count > 3);
});

test('it remembers what the conversation said before', async () => {
  const messages = [
    { role: 'system', content: 'Answer with the name of the colour.' },
    { role: 'user', content: 'My favourite colour is green.' },
    { role: 'assistant', content: 'Green is a lovely colour.' },
    { role: 'user', content: 'What is my favourite colour?' },
  ];
  const options = { temperature: 0, num_predict: 30 };
  const body = JSON.stringify({ model, messages, options, stream: false });
  const answer = await answerIn(await fetch(`${url}/api/chat`, { method: 'POST', body }));
  assert.match(answer.message.content, /green/i);
});

test('it ends where num_predict or a stop text says', async () => {
  const short = await answerIn(await chat('Tell me a long story.', { num_predict: 5 }));
  assert.deepEqual([short.done_reason, short.eval_count], ['length', 5]);
  const stopped = await answerIn(await chat('What is the capital of France?', { stop: [' is'] }));
  assert.deepEqual([stopped.done_reason, /\bis\b/.test(stopped.message.content)], ['stop', false]);
});

test('the same seed gives the same answer', async () => {
  const options = { temperature: 0.9, seed: 7, num_predict: 20 };
  const first = await answerIn(await chat('Invent a name for a boat.', options));
  const second = await answerIn(await chat('Invent a name for a boat.', options));
  assert.equal(first.message.content, second.message.content);
});

test('a client that leaves frees the model for one who waits', async () => {
  const leave = new AbortController();
  const endless = { num_predict: 4000, stop: [], repeat_penalty: 1 };
  const answers = await Promise.all(
    ['one', 'two'].map((word) =>
      chat(`Write the word ${word} for ever.`, endless, { stream: true, signal: leave.signal }),
    ),
  );
  const third = chat('What is the capital of France?', { num_predict: 30 });
  leave.abort();
  const body = await answerIn(await third);
  assert.match(body.message.content, /Paris/);
  for (const answer of answers) await assert.rejects(answer.text());
});

/**
 * @param {unknown} format
 * @param {Record<string, unknown>} [options]
 */
async function formatted(format, options = {}) {
  const messages = [{ role: 'user', content: 'Describe the city of Rome.' }];
  const body = { model, messages, format, stream: false, options: { temperature: 0, ...options } };
  return fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify(body) });
}

test('an answer has the format of a schema', async () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'City',
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 20 },
      capital: { type: 'boolean', description: 'Whether it is a capital' },
      size: { enum: ['small', 'large'] },
      rivers: { type: 'array', items: { $ref: '#/$defs/river' }, maxItems: 2 },
      mayor: { anyOf: [{ type: 'string', maxLength: 20 }, { type: 'null' }] },
    },
    required: ['name', 'capital'],
    $defs: { river: { type: 'string', maxLength: 15 } },
  };
  const answer = await answerIn(await formatted(schema, { num_predict: 400 }));
  const city = JSON.parse(answer.message.content);
  assert.deepEqual(Object.keys(city), ['name', 'capital', 'size', 'rivers', 'mayor']);
  assert.equal(typeof city.name, 'string');
  assert.equal(typeof city.capital, 'boolean');
  assert.ok(['small', 'large'].includes(city.size) && city.rivers.length <= 2);
  assert.equal(answer.done_reason, 'stop');
});

test('an answer in "json" begins as JSON', async () => {
  const answer = await answerIn(await formatted('json', { num_predict: 60 }));
  assert.match(answer.message.content, /^\s*[[{"\d\-tfn]/);
  if (answer.done_reason === 'stop') JSON.parse(answer.message.content);
});

test('a schema that the grammar cannot hold is refused, and the next one is answered', async () => {
  for (const schema of [
    { type: 'string', pattern: '^a$' },
    { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } },
    { type: 'string', maxLength: 100_000 },
    { $ref: '#' },
  ]) {
    const response = await formatted(schema);
    assert.equal(response.status, 400);
    const { error } = /** @type {{ error: string }} */ (await response.json());
    assert.match(error, /^invalid JSON schema in format/);
  }
  const answer = await answerIn(await formatted({ type: 'boolean' }));
  assert.equal(typeof JSON.parse(answer.message.content), 'boolean');
});

test('it takes all sampling options', async () => {
  const options = {
    temperature: 0.9,
    seed: -7,
    top_k: 5,
    min_p: 0.1,
    repeat_penalty: 1.2,
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    num_predict: 10,
  };
  const first = await answerIn(await chat('Invent a name for a boat.', options));
  const second = await answerIn(await chat('Invent a name for a boat.', options));
  assert.equal(first.message.content, second.message.content);
});

test('it says what it can, and refuses what it cannot', async () => {
  const show = await fetch(`${url}/api/show`, { method: 'POST', body: JSON.stringify({ model }) });
  const { capabilities } = /** @type {{ capabilities: string[] }} */ (await show.json());
  assert.deepEqual(capabilities, ['completion']);
  const messages = [{ role: 'user', content: 'Hi', images: ['aGk='] }];
  const ask = (/** @type {object} */ more) => {
    const body = { model, messages, stream: false, options: { num_predict: 2 }, ...more };
    return fetch(`${url}/api/chat`, { method: 'POST', body: JSON.stringify(body) });
  };
  for (const more of [{ tools: [{ type: 'function' }] }, { think: true }, { think: 'low' }]) {
    assert.equal((await ask(more)).status, 400);
  }
  // As Ollama does: images for a model without eyes are ignored.
  assert.equal((await ask({ think: false })).status, 200);
});
