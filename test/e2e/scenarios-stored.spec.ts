import { resolve } from 'node:path';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const EXAMPLES = resolve(import.meta.dirname, '../../examples/scenarios');
const TOOL = { type: 'function', function: { name: 'get_weather' } };

let storage: TestStorage;
let service: ServiceProcess;

const start = async (example: string, env: Record<string, string> = {}) => {
  service = await ServiceProcess.start({
    ...storage.env,
    SCENARIO_FILE: `${EXAMPLES}/${example}`,
    OLLAMA_ENABLED: 'false',
    RATE_LIMIT_ENABLED: 'false',
    ...env,
  });
};

describeOnEveryStore('a scenario', (makeStorage) => {
  beforeEach(async () => {
    storage = await makeStorage();
  });
  afterEach(async () => {
    await service.remove();
    await storage.dispose();
  });

  test('cuts the reader; the answer goes on, and is resumed where it was cut', async () => {
    await start('drop.yaml');
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'Me',
      on_disconnect: 'grace',
      stream_options: { ids: true },
    });
    const read = await reader.take(2);
    await expect(reader.rest()).rejects.toThrow();
    const id = reader.response.headers.get('X-Generation-Id');
    const stream = `${service.url}/api/generations/${id}/stream`;
    const rest = await (await StreamReader.open(`${stream}?after=${read.at(-1)?.id}`)).rest();
    expect(rest.map(({ id: seq, data }) => [seq, data.token ?? data.finish_reason])).toEqual([
      [3, ' three'],
      [4, ' four'],
      [5, 'stop'],
    ]);
    const history = await getJson(
      `${service.url}/api/history/${reader.response.headers.get('X-Conversation-Id')}`,
    );
    expect(history.body.messages.at(-1)).toMatchObject({
      content: 'One two three four',
      status: 'complete',
      model: 'scenario/dropping',
    });
  });

  test('counts tool calls and turns through the stored conversation', async () => {
    await start('tool_call.yaml');
    const chat = async (body: object) => {
      const answered = await postJson(`${service.url}/api/chat`, { tools: [TOOL], ...body });
      expect(answered.status).toBe(200);
      return answered.body;
    };
    const { conversation_id } = await chat({ message: 'weather' });
    await chat({ conversation_id, tool_results: [{ tool_call_id: 'call_1', content: 'clear' }] });
    const [call] = (await chat({ conversation_id, message: 'weather' })).tool_calls;
    expect(call.id).toBe('call_2');
  });
});

describeOnSharedStores('a scenario with two workers', (makeStorage) => {
  beforeEach(async () => {
    storage = await makeStorage();
  });
  afterEach(async () => {
    await service.remove();
    await storage.dispose();
  });

  test('plays the same on each', async () => {
    await start('text.yaml', { API_WORKERS: '2' });
    const asked = Array.from({ length: 12 }, async () => {
      const message = { message: 'echo' };
      const headers = { Connection: 'close' };
      const reader = await StreamReader.post(`${service.url}/api/chat/stream`, message, headers);
      return textOf(await reader.rest());
    });
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['You said "echo", turn 1.']));
    const served = await service.loggedTimes('Request served', asked.length);
    expect(new Set(served.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
  });

  test('a reader that was cut goes on at any worker', async () => {
    await start('drop.yaml', { API_WORKERS: '2' });
    const body = { message: 'Me', on_disconnect: 'continue' };
    const cut = await StreamReader.post(`${service.url}/api/chat/stream`, body);
    await expect(cut.rest()).rejects.toThrow();
    const stream = `${service.url}/api/generations/${cut.response.headers.get('X-Generation-Id')}/stream`;
    const again = Array.from({ length: 6 }, async () => {
      const reader = await StreamReader.open(`${stream}?after=2`, {
        headers: { Connection: 'close' },
      });
      return textOf(await reader.rest());
    });
    expect(new Set(await Promise.all(again))).toEqual(new Set([' three four']));
  });
});
