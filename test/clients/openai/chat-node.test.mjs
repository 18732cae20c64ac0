import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

const client = new OpenAI({ baseURL: at.OPENAI, apiKey: 'none', maxRetries: 0 });
const { completions } = client.chat;
const bodyOf = (content, more) => ({
  model: at.MODEL,
  messages: [{ role: 'user', content }],
  ...more,
});
const ask = (content, more, options) => completions.create(bodyOf(content, more), options);
const stream = (content, options) => ask(content, { stream: true }, options);
const textOf = (chunks) => chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const Place = z.object({ city: z.string(), degrees: z.number() });
const picture = [
  { type: 'text', text: 'picture' },
  { type: 'image_url', image_url: { url: at.PNG_URL } },
];

cases('openai-chat-node', {
  async plain() {
    const { choices, usage } = await ask('sky');
    equal(choices[0].message.content, 'The sky is blue.');
    deepEqual(usage, { prompt_tokens: 1, completion_tokens: 4, total_tokens: 5 });
  },
  async streamed() {
    const { items } = await at.read(await stream('sky'));
    equal(textOf(items), 'The sky is blue.');
    equal(items.at(-1).choices[0].finish_reason, 'stop');
  },
  async 'error before'() {
    for (const more of [{}, { stream: true }]) {
      const error = await at.failure(ask('unavailable', more));
      ok(error instanceof APIError);
      deepEqual([error.status, error.code], [503, 'model_unavailable']);
      ok(error.error.request_id);
    }
  },
  async 'error after'() {
    const { items, error } = await at.read(await stream('late'));
    equal(textOf(items), 'I was about to');
    ok(error instanceof APIError);
    equal(error.code, 'model_unavailable');
  },
  async abort() {
    const streamed = at.newGeneration();
    await at.leave(await stream('forever', { headers: streamed.headers }));
    equal((await at.ended(streamed.id)).status, 'cancelled');

    const { id, headers } = at.newGeneration();
    const abort = new AbortController();
    const failed = at.failure(ask('forever', {}, { headers, signal: abort.signal }));
    await at.begun(id);
    abort.abort();
    ok((await failed) instanceof APIUserAbortError);
    equal((await at.ended(id)).status, 'cancelled');
  },
  async cancelled() {
    const { id, headers } = at.newGeneration();
    const { items } = await at.read(await stream('forever', { headers }), () => at.cancel(id));
    equal(items.at(-1).choices[0].finish_reason, 'cancelled');
  },
  async reconnect() {
    const headers = { 'Idempotency-Key': randomUUID() };
    await at.leave(await stream('paced', { headers }));
    const { items } = await at.read(await stream('paced', { headers }));
    equal(textOf(items), 'One two three four five');
  },
  async retry() {
    const headers = { 'Idempotency-Key': randomUUID() };
    const ids = [await ask('sky', {}, { headers }), await ask('sky', {}, { headers })];
    equal(ids[0].id, ids[1].id);
    const again = await ask(`once ${randomUUID()}`, {}, { maxRetries: 1 });
    equal(again.choices[0].message.content, 'The sky is blue.');
  },
  async tools() {
    const called = [];
    const get_weather = (args) => {
      called.push(args);
      return 'It is clear';
    };
    const tool = {
      ...WEATHER,
      function: { ...WEATHER.function, function: get_weather, parse: JSON.parse },
    };
    for (const more of [{}, { stream: true }]) {
      const runner = completions.runTools({ ...bodyOf('weather'), tools: [tool], ...more });
      equal(await runner.finalContent(), 'The sky is clear.');
    }
    deepEqual(called, [{ city: 'Paris' }, { city: 'Paris' }]);
  },
  async structured() {
    const response_format = zodResponseFormat(Place, 'place');
    const { choices } = await completions.parse({ ...bodyOf('json'), response_format });
    deepEqual(choices[0].message.parsed, { city: 'Paris', degrees: 21 });
  },
  async images() {
    equal((await ask(picture)).choices[0].message.content, 'A small picture.');
    equal((await at.failure(ask(picture, { model: at.PLAIN_MODEL }))).status, 400);
  },
  async thinking() {
    const { message } = (await ask('think', { reasoning_effort: 'low' })).choices[0];
    deepEqual([message.reasoning_content, message.content], ['Let me see.', 'It is noon.']);
    const { items } = await at.read(await stream('think'));
    const thinking = items.map(({ choices }) => choices[0].delta.reasoning_content ?? '');
    equal(thinking.join(''), 'Let me see.');
  },
});
