import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import OpenAI, { APIError } from 'openai';
import { zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

const { responses } = new OpenAI({ baseURL: at.OPENAI, apiKey: 'none', maxRetries: 0 });
const ask = (input, more, options) =>
  responses.create({ model: at.MODEL, input, ...more }, options);
const stream = (input, more, options) => ask(input, { stream: true, ...more }, options);
const textOf = (events) => events.map(({ delta }) => delta ?? '').join('');

const tools = [
  {
    type: 'function',
    name: 'get_weather',
    strict: false,
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
];
const Place = z.object({ city: z.string(), degrees: z.number() });
const picture = [
  {
    role: 'user',
    content: [
      { type: 'input_text', text: 'picture' },
      { type: 'input_image', image_url: at.PNG_URL, detail: 'auto' },
    ],
  },
];

cases('openai-responses-node', {
  async plain() {
    const { id, output_text, status, usage } = await ask('sky');
    deepEqual([output_text, status, usage.output_tokens], ['The sky is blue.', 'completed', 4]);
    equal((await responses.retrieve(id)).output_text, 'The sky is blue.');
    const { output_text: again } = await ask('sky', { previous_response_id: id });
    equal(again, 'The sky is blue.');
  },
  async streamed() {
    const { items } = await at.read(await stream('sky'));
    equal(textOf(items), 'The sky is blue.');
    deepEqual(
      items.map((event) => event.sequence_number),
      items.map((_, index) => index),
    );
    const { output_text } = await responses
      .stream({ model: at.MODEL, input: 'sky' })
      .finalResponse();
    equal(output_text, 'The sky is blue.');
  },
  async 'error before'() {
    for (const more of [{}, { stream: true }]) {
      const error = await at.failure(ask('unavailable', more));
      ok(error instanceof APIError);
      deepEqual([error.status, error.code], [503, 'model_unavailable']);
    }
  },
  async 'error after'() {
    const { items, error } = await at.read(await stream('late'));
    equal(textOf(items), 'I was about to');
    ok(error instanceof APIError);
    equal(error.code, 'model_unavailable');
  },
  async abort() {
    const { id, headers } = at.newGeneration();
    await at.leave(await stream('forever', {}, { headers }));
    equal((await at.ended(id)).status, 'cancelled');
  },
  async cancelled() {
    const { id, headers } = at.newGeneration();
    const { items, error } = await at.read(await stream('forever', {}, { headers }), () =>
      responses.cancel(`resp_${id.replaceAll('-', '')}`),
    );
    equal(error, null);
    const { type, response } = items.at(-1);
    deepEqual([type, response.status], ['response.incomplete', 'cancelled']);
  },
  async reconnect() {
    const seen = [];
    for await (const event of await stream('paced', { background: true })) {
      seen.push(event);
      if (event.type === 'response.output_text.delta') break;
    }
    const [{ response }] = seen;
    const rest = await responses.retrieve(response.id, {
      stream: true,
      starting_after: seen.at(-1).sequence_number,
    });
    const events = [...seen, ...(await at.read(rest)).items];
    equal(textOf(events), 'One two three four five');
    deepEqual(
      events.map((event) => event.sequence_number),
      events.map((_, index) => index),
    );
    equal(events.at(-1).type, 'response.completed');
  },
  async retry() {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await ask('sky', {}, { headers });
    equal((await ask('sky', {}, { headers })).id, first.id);
    const again = await ask(`once ${randomUUID()}`, {}, { maxRetries: 1 });
    equal(again.output_text, 'The sky is blue.');
  },
  async tools() {
    const { id, output } = await ask('weather', { tools });
    const { call_id, arguments: given } = output.find(({ type }) => type === 'function_call');
    deepEqual(JSON.parse(given), { city: 'Paris' });
    const result = [{ type: 'function_call_output', call_id, output: 'It is clear' }];
    const told = await ask(result, { tools, previous_response_id: id });
    equal(told.output_text, 'The sky is clear.');
  },
  async structured() {
    const text = { format: zodTextFormat(Place, 'place') };
    const { output_parsed } = await responses.parse({ model: at.MODEL, input: 'json', text });
    deepEqual(output_parsed, { city: 'Paris', degrees: 21 });
  },
  async images() {
    equal((await ask(picture)).output_text, 'A small picture.');
    equal((await at.failure(ask(picture, { model: at.PLAIN_MODEL }))).status, 400);
  },
  async thinking() {
    const { output, output_text } = await ask('think', { reasoning: { effort: 'low' } });
    const { summary } = output.find(({ type }) => type === 'reasoning');
    deepEqual([summary[0].text, output_text], ['Let me see.', 'It is noon.']);
  },
});
