import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { FakeOllama, answer } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { dataUrlOf } from '../support/pictures.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const EXAMPLES = resolve(import.meta.dirname, '../../examples/scenarios');
const TOOL = { type: 'function', function: { name: 'get_weather' } };

let service: ServiceProcess | undefined;
afterEach(async () => {
  await service?.remove();
  service = undefined;
});

/** The service with this example, as a front end's CI starts it. */
async function start(example: string, env: Record<string, string> = {}): Promise<void> {
  service = await ServiceProcess.start({
    SCENARIO_FILE: `${EXAMPLES}/${example}`,
    OLLAMA_ENABLED: 'false',
    RATE_LIMIT_ENABLED: 'false',
    HISTORY_STORAGE_TYPE: 'memory',
    ...env,
  });
}

const at = (path: string) => `${service?.url}/api/${path}`;
const chat = (body: object) => postJson(at('chat'), body);
const stream = (body: object) => StreamReader.post(at('chat/stream'), body);
/** The data of all blocks. */
const blocksOf = async (body: object) =>
  (await (await stream(body)).rest()).map(({ data }) => data as Record<string, unknown>);
const tokensOf = (blocks: Record<string, unknown>[]) =>
  blocks.flatMap(({ token }) => (typeof token === 'string' ? [token] : []));
const modelsOf = async () => (await getJson(at('models'))).body;
/** What was read of a stream until it was cut. */
async function untilCut(reader: StreamReader) {
  const events = [];
  try {
    for (let event = await reader.next(); event; event = await reader.next()) events.push(event);
  } catch {
    return events;
  }
  throw new Error('The stream has an end');
}

/** A test for each file, by its name. */
const TESTS: Record<string, () => Promise<void>> = {
  'text.yaml': async () => {
    const blocks = await blocksOf({ message: 'What colour?' });
    expect(tokensOf(blocks)).toEqual(['The', ' sky', ' is', ' blue.']);
    expect(blocks.at(-1)).toMatchObject({ done: true, finish_reason: 'stop' });
    expect(tokensOf(await blocksOf({ message: 'A list' }))).toEqual([
      ...['It', ' is', ' very', ' very', ' very', ' sunny.'],
    ]);
    const first = (await chat({ message: 'Echo {{turn}}' })).body;
    expect(first.response).toBe('You said "Echo {{turn}}", turn 1.');
    const again = { message: 'echo', conversation_id: first.conversation_id };
    expect((await chat(again)).body.response).toBe('You said "echo", turn 2.');
  },

  'thinking.yaml': async () => {
    const blocks = await blocksOf({ message: 'What time is it?' });
    expect(blocks.flatMap(({ thinking }) => thinking ?? [])).toEqual(['Let', ' me', ' see.']);
    expect(tokensOf(blocks).join('')).toBe('It is noon.');
    const think = { message: 'Think', model: 'scenario/plain', parameters: { think: true } };
    const refused = await chat(think);
    expect(refused).toMatchObject({ status: 400, body: { reason: 'validation' } });
    const { models } = await modelsOf();
    expect(models.map((model: { capabilities: string[] }) => model.capabilities)).toEqual([
      ['completion', 'thinking', 'vision', 'tools'],
      ['completion', 'vision', 'tools'],
    ]);
  },

  'wait.yaml': async () => {
    expect(tokensOf(await blocksOf({ message: 'Hi' })).join('')).toBe('Here it is.');
    const paced = { message: 'Hi', model: 'scenario/paced' };
    expect(tokensOf(await blocksOf(paced))).toEqual(['One', ' word', ' after', ' the', ' other.']);
    const reader = await stream({ message: 'Forever', stream_options: { ids: true } });
    expect(textOf(await reader.take(2))).toBe('One moment');
    const id = reader.response.headers.get('X-Generation-Id');
    const receipt = await postJson(at(`generations/${id}/cancel`));
    expect(receipt.body).toMatchObject({ status: 'cancelled', response: 'One moment' });
    const [last] = await reader.rest();
    expect(last?.data).toMatchObject({ done: true, finish_reason: 'cancelled' });
  },

  'tool_call.yaml': async () => {
    const asked = (await chat({ message: 'The weather?', tools: [TOOL] })).body;
    const call = { name: 'get_weather', arguments: { city: 'Paris', days: [1, 2] } };
    expect(asked).toMatchObject({
      response: 'Let me see.',
      finish_reason: 'tool_calls',
      tool_calls: [{ id: 'call_1', ...call }],
    });
    const { conversation_id } = asked;
    const result = (tool_call_id: string, content: string) => ({
      conversation_id,
      tools: [TOOL],
      tool_results: [{ tool_call_id, content }],
    });
    expect((await chat(result('call_1', 'clear sky'))).body.response).toBe('The sky is clear.');
    const more = { message: 'And the weather now?', conversation_id, tools: [TOOL] };
    expect((await chat(more)).body.tool_calls).toEqual([{ id: 'call_2', ...call }]);
    expect((await chat(result('call_2', 'fog'))).body.response).toBe('I could not find out.');
    expect((await chat({ message: 'Hi' })).body.response).toBe('Ask me for the weather.');
  },

  'fail.yaml': async () => {
    const failures = [
      ['unavailable', 503, 'model_unavailable'],
      ['silent', 504, 'model_silent'],
      ['unknown', 404, 'model_not_found'],
      ['too long', 400, 'context_exceeded'],
      ['refused', 400, 'validation'],
      ['anything else', 400, 'validation'],
    ] as const;
    for (const [message, status, reason] of failures) {
      expect(await chat({ message })).toMatchObject({ status, body: { reason } });
      const streamed = await stream({ message });
      expect(streamed.response.status).toBe(status);
      streamed.leave();
    }
    const late = await blocksOf({ message: 'late' });
    expect(tokensOf(late).join('')).toBe('I was about to');
    expect(late.at(-1)).toMatchObject({ reason: 'model_unavailable' });
    expect((await chat({ message: 'once' })).status).toBe(503);
    expect((await chat({ message: 'once' })).body.response).toBe('Now it works.');
    // Another text has a count of its own.
    expect((await chat({ message: 'once more' })).status).toBe(503);
    const { body } = await getJson(at('history'));
    expect(body.conversations).toHaveLength(2);
  },

  'drop.yaml': async () => {
    const broken = await blocksOf({ message: 'The model' });
    expect(tokensOf(broken).join('')).toBe('Half of');
    expect(broken.at(-1)).toMatchObject({ reason: 'model_unavailable' });

    const cut = await stream({ message: 'Me' });
    expect(textOf(await untilCut(cut))).toBe('One two');
    const id = cut.response.headers.get('X-Generation-Id');
    await expect(chat({ message: 'Me' })).rejects.toThrow();
    const ended = await StreamReader.open(at(`generations/${id}/stream`));
    expect(textOf(await ended.rest())).toBe('One two');
    const { body } = await getJson(at(`generations/${id}`));
    expect(body).toMatchObject({ status: 'cancelled', response: 'One two' });
  },

  'when.yaml': async () => {
    const first = (await chat({ message: 'HELLO you' })).body;
    expect(first.response).toBe('Hello!');
    const { conversation_id } = first;
    const second = (await chat({ message: 'Say hello', conversation_id })).body;
    expect(second.response).toBe('Hello again.');
    expect((await chat({ message: 'hello', conversation_id })).body.response).toBe('Hello again.');
    expect((await chat({ message: 'Say hi' })).status).toBe(400);
    const thanked = [];
    for (let count = 0; count < 3; count += 1) thanked.push(await chat({ message: 'Thanks' }));
    expect(thanked.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(thanked[2]?.body).toMatchObject({
      reason: 'validation',
      details: [{ field: 'message', message: 'message is matched by no reply of this scenario' }],
    });
  },

  'end.yaml': async () => {
    expect((await chat({ message: 'Hi' })).body).toMatchObject({
      model: 'scenario/short',
      finish_reason: 'length',
      usage: { prompt_tokens: 30, completion_tokens: 4 },
      context: { window: 2048 },
    });
    const uncounted = { message: 'Hi', model: 'scenario/uncounted' };
    expect((await chat(uncounted)).body.usage).toBeNull();
    for (const more of [{ tools: [TOOL] }, { images: [dataUrlOf('png')] }]) {
      expect((await chat({ ...uncounted, ...more })).status).toBe(400);
    }
    const counted = { message: 'Two words', system: 'And two', model: 'scenario/counted' };
    expect((await chat(counted)).body.usage).toEqual({ prompt_tokens: 4, completion_tokens: 3 });
    const { models, default_model: first } = await modelsOf();
    expect(first).toBe('scenario/short');
    expect(models).toHaveLength(3);
    expect(models[0]).toEqual({
      name: 'scenario/short',
      provider: 'scenario',
      modified_at: '1970-01-01T00:00:00.000Z',
      size: null,
      family: null,
      parameters: null,
      quantization: null,
      context_length: 2048,
      capabilities: ['completion', 'thinking', 'vision', 'tools'],
      defaults: null,
    });
  },
};

test('every example has a test', () => {
  expect(Object.keys(TESTS).toSorted()).toEqual(readdirSync(EXAMPLES).toSorted());
});

test.each(readdirSync(EXAMPLES))('examples/scenarios/%s', async (example) => {
  await start(example);
  await TESTS[example]?.();
});

test('forever ends at GENERATION_TIMEOUT', async () => {
  await start('wait.yaml', { GENERATION_TIMEOUT: '1' });
  const blocks = await blocksOf({ message: 'forever' });
  expect(tokensOf(blocks).join('')).toBe('One moment');
  expect(blocks.at(-1)).toMatchObject({ reason: 'generation_timeout' });
});

test('beside Ollama, each has its models; Ollama’s default stays', async () => {
  const ollama = await FakeOllama.start({ name: 'llama2' });
  ollama.always(answer('from Ollama'));
  try {
    await start('end.yaml', { OLLAMA_ENABLED: 'true', OLLAMA_BASE_URL: ollama.baseUrl });
    const { models, default_model } = await modelsOf();
    expect(models.map(({ name }: { name: string }) => name)).toEqual([
      'llama2:latest',
      'scenario/short',
      'scenario/uncounted',
      'scenario/counted',
    ]);
    expect(default_model).toBe('llama2');
    expect((await chat({ message: 'Hi' })).body.response).toBe('from Ollama');
    expect((await chat({ message: 'Hi', model: 'ollama/llama2' })).body.model).toBe(
      'ollama/llama2',
    );
    const played = await chat({ message: 'Hi', model: 'scenario/counted' });
    expect(played.body.response).toBe('Words are counted.');
    const { body } = await getJson(at('health/ready'));
    expect(body.dependencies).toMatchObject({ ollama: 'up', scenario: 'up' });

    await ollama.stopListening();
    expect((await modelsOf()).models).toHaveLength(3);
    expect((await chat({ message: 'Hi' })).status).toBe(503);
    expect((await chat({ message: 'Hi', model: 'nothing' })).status).toBe(404);
    expect((await chat({ message: 'Hi', model: 'scenario/counted' })).status).toBe(200);
  } finally {
    await ollama.close();
  }
});

test('alone, nothing says anything of Ollama', async () => {
  await start('text.yaml');
  const { body } = await getJson(at('health/ready'));
  expect(Object.keys(body.dependencies)).toEqual(['store', 'scenario', 'default_model']);
  expect(body.dependencies.default_model).toBe('present');
  const unknown = await chat({ message: 'Hi', model: 'llama2' });
  expect(unknown).toMatchObject({ status: 404, body: { reason: 'model_not_found' } });
  // Of the start Nest tells each module and route, Ollama's own API too.
  const said = service?.log.filter(({ context }) => context === undefined);
  expect(JSON.stringify([unknown.body, said])).not.toMatch(/ollama/i);
});
