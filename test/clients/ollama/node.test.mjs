import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Ollama } from 'ollama';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

const client = (headers = {}) => new Ollama({ host: at.OLLAMA, headers });
const ask = (content, more, headers) =>
  client(headers).chat({ model: at.MODEL, messages: [{ role: 'user', content }], ...more });
const stream = (content, headers) => ask(content, { stream: true }, headers);
const textOf = (lines) => lines.map(({ message }) => message.content).join('');

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const PLACE = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'number' } },
};

cases('ollama-node', {
  async plain() {
    const { message, done_reason, eval_count } = await ask('sky');
    deepEqual([message.content, done_reason, eval_count], ['The sky is blue.', 'stop', 4]);
    const { response } = await client().generate({ model: at.MODEL, prompt: 'sky' });
    equal(response, 'The sky is blue.');
  },
  async streamed() {
    const { items } = await at.read(await stream('sky'));
    equal(textOf(items), 'The sky is blue.');
    equal(items.at(-1).done_reason, 'stop');
  },
  async 'error before'() {
    for (const more of [{}, { stream: true }]) {
      const error = await at.failure(ask('unavailable', more));
      deepEqual([error.name, error.status_code], ['ResponseError', 503]);
      ok(error.message);
    }
  },
  async 'error after'() {
    const { items, error } = await at.read(await stream('late'));
    equal(textOf(items), 'I was about to');
    equal(error.message, 'The model is not available');
  },
  async abort() {
    const { id, headers } = at.newGeneration();
    const answer = await stream('forever', headers);
    await at.read(answer, () => answer.abort());
    equal((await at.ended(id)).status, 'cancelled');
  },
  async cancelled() {
    const { id, headers } = at.newGeneration();
    const { items } = await at.read(await stream('forever', headers), () => at.cancel(id));
    equal(items.at(-1).done_reason, 'cancelled');
  },
  async reconnect() {
    const headers = { 'Idempotency-Key': randomUUID() };
    const broken = await stream('paced', headers);
    await at.read(broken, () => broken.abort());
    const { items } = await at.read(await stream('paced', headers));
    equal(textOf(items), 'One two three four five');
  },
  async retry() {
    const headers = { 'Idempotency-Key': randomUUID() };
    deepEqual(await ask('sky', {}, headers), await ask('sky', {}, headers));
  },
  async tools() {
    const tools = [WEATHER];
    const { message } = await ask('weather', { tools });
    deepEqual(message.tool_calls[0].function.arguments, { city: 'Paris' });
    const result = { role: 'tool', tool_name: 'get_weather', content: 'It is clear' };
    const messages = [{ role: 'user', content: 'weather' }, message, result];
    equal((await ask('', { messages, tools })).message.content, 'The sky is clear.');
  },
  async structured() {
    const { message } = await ask('json', { format: PLACE });
    deepEqual(JSON.parse(message.content), { city: 'Paris', degrees: 21 });
  },
  async images() {
    const messages = [{ role: 'user', content: 'picture', images: [at.PNG] }];
    equal((await ask('', { messages })).message.content, 'A small picture.');
    const refused = await at.failure(ask('', { messages, model: at.PLAIN_MODEL }));
    equal(refused.status_code, 400);
  },
  async thinking() {
    const { message } = await ask('think', { think: true });
    deepEqual([message.thinking, message.content], ['Let me see.', 'It is noon.']);
  },
});
