import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cases } from '../support/cases.mjs';
import * as at from '../support/service.mjs';

const message = (role, content) => ({
  type: 'message',
  role,
  content: [content]
    .flat()
    .map((part) => (typeof part === 'string' ? { type: 'input_text', text: part } : part)),
});
const FUNCTION = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};
/** As Codex offers them: its functions beside those of the host. */
const TOOLS = [
  FUNCTION,
  { type: 'web_search', external_web_access: true },
  { type: 'custom', name: 'apply_patch', description: 'Edits files', format: { type: 'text' } },
];

/** A request of the shape that Codex sends for each turn: all of the conversation, nothing stored. */
function request(input, more) {
  return {
    model: at.MODEL,
    instructions: 'You are a coding agent.',
    input: [
      message('developer', '<permissions instructions>'),
      message('user', '<environment_context>'),
      ...(typeof input === 'string' ? [message('user', input)] : input),
    ],
    tools: TOOLS,
    tool_choice: 'auto',
    parallel_tool_calls: false,
    reasoning: { effort: 'medium', summary: 'auto' },
    store: false,
    stream: true,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: randomUUID(),
    client_metadata: { 'x-codex-installation-id': randomUUID() },
    ...more,
  };
}

function send(input, { headers, signal, ...more } = {}) {
  return fetch(`${at.OPENAI}/responses`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: 'Bearer none',
      ...headers,
    },
    body: JSON.stringify(request(input, more)),
    signal,
  });
}

/** The events of a stream, as Codex reads them: by `type` of their data. */
async function* eventsOf(response) {
  equal(response.status, 200, response.ok ? '' : await response.text());
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '));
      if (data) yield JSON.parse(data.slice('data: '.length));
    }
  }
}

const run = async (input, more) => (await at.read(eventsOf(await send(input, more)))).items;
const itemsOf = (events) =>
  events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
const textOf = (events) =>
  itemsOf(events).flatMap(({ type, content }) => (type === 'message' ? content[0].text : []))[0];
const deltasOf = (events) =>
  events.map(({ type, delta }) => (type.endsWith('output_text.delta') ? delta : '')).join('');

cases('codex', {
  async streamed() {
    const events = await run('sky');
    equal(deltasOf(events), 'The sky is blue.');
    equal(textOf(events), 'The sky is blue.');
    const { type, response } = events.at(-1);
    equal(type, 'response.completed');
    ok(response.usage.total_tokens > 0);
  },
  async 'error before'() {
    const response = await send('unavailable');
    deepEqual([response.status, (await response.json()).error.code], [503, 'model_unavailable']);
  },
  async 'error after'() {
    const events = await run('late');
    equal(deltasOf(events), 'I was about to');
    const { type, response } = events.at(-1);
    equal(type, 'response.failed');
    ok(response.error.code && response.error.message);
  },
  async abort() {
    const { id, headers } = at.newGeneration();
    const abort = new AbortController();
    const response = await send('forever', { headers, signal: abort.signal });
    await at.read(eventsOf(response), () => abort.abort());
    equal((await at.ended(id)).status, 'cancelled');
  },
  async cancelled() {
    const { id, headers } = at.newGeneration();
    const response = await send('forever', { headers });
    const { items } = await at.read(eventsOf(response), () => at.cancel(id));
    equal(items.at(-1).type, 'response.incomplete');
  },
  async retry() {
    const asked = `once ${randomUUID()}`;
    const refused = await send(asked);
    equal(refused.status, 503);
    await refused.text();
    equal(textOf(await run(asked)), 'The sky is blue.');
  },
  async tools() {
    const asked = message('user', 'weather');
    const call = itemsOf(await run([asked])).find(({ type }) => type === 'function_call');
    deepEqual(JSON.parse(call.arguments), { city: 'Paris' });
    const output = { type: 'function_call_output', call_id: call.call_id, output: 'It is clear' };
    equal(textOf(await run([asked, call, output])), 'The sky is clear.');
  },
  async structured() {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'number' } },
      required: ['city', 'degrees'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema', strict: true, name: 'codex_output_schema', schema };
    const events = await run('json', { text: { format }, tools: [] });
    deepEqual(JSON.parse(textOf(events)), { city: 'Paris', degrees: 21 });
  },
  async images() {
    const picture = { type: 'input_image', image_url: at.PNG_URL };
    equal(textOf(await run([message('user', ['picture', picture])])), 'A small picture.');
  },
  async thinking() {
    const asked = message('user', 'think');
    const items = itemsOf(await run([asked]));
    const [{ type, summary }] = items;
    deepEqual([type, summary[0].text], ['reasoning', 'Let me see.']);
    const again = await run([asked, ...items, message('user', 'sky')]);
    equal(textOf(again), 'The sky is blue.');
  },
});
