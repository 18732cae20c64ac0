import type { SettingsOverrides } from '../support/settings.js';
import { answer, FakeOllama, Gate, script, type RecordedRequest } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { dataUrl, freshPng } from '../support/pictures.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const QUESTION = /title for our conversation/;

/** What a model was asked for a title with. */
const isForTitle = ({ body }: RecordedRequest): boolean =>
  QUESTION.test(body.messages.at(-1).content);

/** Reads again and again what somebody waits for on a screen. */
async function until<T>(read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

class Scenario {
  private readonly services: RunningService[] = [];

  constructor(
    readonly ollama: FakeOllama,
    readonly storage: TestStorage,
  ) {}

  async service(overrides: SettingsOverrides = {}): Promise<RunningService> {
    const titles = { enabled: true, ...overrides.titles };
    const history = { storage: this.storage.target };
    const service = await startService(this.ollama, {
      ...overrides,
      history,
      titles,
      ollama: { retries: 0 },
    });
    this.services.push(service);
    return service;
  }

  async close(): Promise<void> {
    for (const service of this.services) await service.close();
    await this.storage.dispose();
    await this.ollama.close();
  }
}

const chat = async ({ url }: RunningService, body: object): Promise<any> => {
  const answered = await postJson(`${url}/api/chat`, body);
  expect(answered.status).toBe(200);
  return answered.body;
};
const read = async ({ url }: RunningService, id: string): Promise<any> =>
  (await getJson(`${url}/api/history/${id}`)).body;
/** What the log says of so many attempts. */
const logged = ({ log }: RunningService, message: string, times: number) =>
  until(
    () => Promise.resolve(log.of(message)),
    (records) => records.length >= times,
  );
const named = (service: RunningService, id: string): Promise<any> =>
  until(
    () => read(service, id),
    ({ title_by: by }) => by === 'model',
  );

describeOnEveryStore('a title by the model', (makeStorage) => {
  let scenario: Scenario;
  let ollama: FakeOllama;
  beforeEach(async () => {
    ollama = await FakeOllama.start(
      { name: 'llama2', capabilities: null },
      { name: 'mistral', capabilities: ['completion'] },
    );
    scenario = new Scenario(ollama, await makeStorage());
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await scenario.close();
  });

  it('comes after the first answer, by the prompt of that answer and one more turn', async () => {
    const service = await scenario.service();
    ollama
      .next(answer('It computes ', 'with qubits.'))
      .next(answer('"**Quantum** computing"\nMore'));
    const body = await chat(service, {
      message: 'Explain quantum computing',
      system: 'Be brief.',
      parameters: { temperature: 0.9, max_tokens: 500, stop: ['END'], seed: 7 },
    });
    const before = await read(service, body.conversation_id);
    const after = await named(service, body.conversation_id);
    expect(after.title).toBe('Quantum computing');
    expect(after.updated_at).toBe(before.updated_at);
    expect(after).toMatchObject({ message_count: 3, message_total: 3 });
    expect(after.revision).toBeGreaterThan(1);

    const [turn, title] = ollama.chats.map((request) => request.body);
    expect(title.messages.slice(0, 3)).toEqual([
      ...turn.messages,
      { role: 'assistant', content: 'It computes with qubits.' },
    ]);
    expect(title.messages).toHaveLength(4);
    expect(title.messages[3]).toEqual({ role: 'user', content: expect.stringMatching(QUESTION) });
    expect(title).toMatchObject({ model: turn.model, think: false });
    expect(title.options).toMatchObject({ num_predict: 60, num_ctx: turn.options.num_ctx });
    expect(title.format).toBeUndefined();

    ollama.next(answer('Yes.'));
    await chat(service, { message: 'Really?', conversation_id: body.conversation_id });
    expect(ollama.chats[2]?.body.messages).toEqual([
      ...title.messages.slice(0, 3),
      { role: 'user', content: 'Really?' },
    ]);
    expect(ollama.chats).toHaveLength(3);
    expect(await read(service, body.conversation_id)).toMatchObject({ title: 'Quantum computing' });
  });

  it('shows the model the same tools and the same system prompt of its own', async () => {
    const defaults = new Map([['llama2:latest', { system: 'Be kind.', parameters: {} }]]);
    const service = await scenario.service({ models: { defaults } });
    ollama.next(answer('Sunny.')).next(answer('The weather'));
    const tools = [{ type: 'function', function: { name: 'weather', description: 'Says it.' } }];
    const body = await chat(service, { message: 'How is the weather?', tools });
    await named(service, body.conversation_id);
    const [turn, title] = ollama.chats.map((request) => request.body);
    expect(turn.messages[0]).toEqual({ role: 'system', content: 'Be kind.' });
    expect(title.messages.slice(0, 2)).toEqual(turn.messages);
    expect(title.tools).toEqual(turn.tools);
  });

  it('shows the images of the turn to a model that sees them', async () => {
    const service = await scenario.service();
    ollama.next(answer('A cat.')).next(answer('A cat'));
    const images = [dataUrl(freshPng())];
    const body = await chat(service, { message: 'What is it?', images });
    await named(service, body.conversation_id);
    const [turn, title] = ollama.chats.map((request) => request.body);
    expect(turn.messages[0].images).toHaveLength(1);
    expect(title.messages[0]).toEqual(turn.messages[0]);
  });

  it('waits for the answer after the calls of tools', async () => {
    const service = await scenario.service();
    const call = { id: 'call_1', name: 'weather', arguments: {} };
    ollama.next(script().calls(call).done()).next(answer('Sunny.')).next(answer('The weather'));
    const tools = [{ type: 'function', function: { name: 'weather' } }];
    const { conversation_id: id, tool_calls: calls } = await chat(service, {
      message: 'Hi',
      tools,
    });
    const results = [{ tool_call_id: calls[0].id, content: 'sun' }];
    await chat(service, { conversation_id: id, tool_results: results, tools });
    expect(await named(service, id)).toMatchObject({ title: 'The weather' });
    const [, turn, title] = ollama.chats.map((request) => request.body);
    expect(title.messages.slice(0, -2)).toEqual(turn.messages);
    expect(ollama.chats).toHaveLength(3);
  });

  it('is asked of another model where that is set', async () => {
    const service = await scenario.service({ titles: { model: 'mistral' } });
    ollama.next(answer('Hi')).next(answer('Greetings'));
    const body = await chat(service, { message: 'Hello' });
    await named(service, body.conversation_id);
    expect(ollama.chats.map((request) => request.body.model)).toEqual(['llama2', 'mistral']);
  });

  it('leaves one that was given by hand, before or while the model is asked', async () => {
    const service = await scenario.service();
    const gate = new Gate();
    ollama.next(answer('Hi')).next(script().wait(gate).tokens('By the model').done());
    const { conversation_id: id } = await chat(service, { message: 'Hello' });
    const asked = await ollama.chat(1);
    await sendJson('PUT', `${service.url}/api/history/${id}`, { title: 'By hand' });
    gate.open();
    expect(await asked.closed).toBe('answered');
    await logged(service, 'The model was asked for a title', 1);

    const { body: empty } = await postJson(`${service.url}/api/history`, { title: 'Mine' });
    ollama.next(answer('Hi')).next(answer('Hi')).next(answer('Greetings'));
    await chat(service, { message: 'Hello', conversation_id: empty.id });
    // Those that wait are asked for one after the other.
    const { conversation_id: last } = await chat(service, { message: 'Hello' });
    await named(service, last);
    expect(await read(service, id)).toMatchObject({ title: 'By hand', title_by: 'user' });
    expect(await read(service, empty.id)).toMatchObject({ title: 'Mine', title_by: 'user' });
    expect(ollama.chats.filter(isForTitle)).toHaveLength(2);
  });

  it('is given up when an answer begins, which does not wait for it, and asked for again', async () => {
    const service = await scenario.service();
    ollama.next(answer('Hi')).next(script().tokens('Gre').hang());
    const { conversation_id: id } = await chat(service, { message: 'Hello' });
    const asked = await ollama.chat(1);
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done()).next(answer('Greetings'));
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, {
      message: 'And now?',
      conversation_id: id,
    });
    expect(await asked.closed).toBe('client_left');
    await reader.take(1);
    expect(ollama.chats).toHaveLength(3);
    gate.open();
    await reader.rest();
    expect(await named(service, id)).toMatchObject({ title: 'Greetings', message_count: 4 });
    // By then the model server has the longer conversation in its cache.
    expect(ollama.chats[3]?.body.messages.slice(0, 3)).toEqual(ollama.chats[2]?.body.messages);
    expect(ollama.chats[3]?.body.messages).toHaveLength(5);
  });

  it('is asked for three times at most where the model fails', async () => {
    const service = await scenario.service();
    ollama.next(answer('Hi')).next(script().error(500), 3);
    const { conversation_id: id } = await chat(service, { message: 'Hello' });
    const failures = await logged(service, 'The model could not be asked for a title', 3);
    expect(failures.map(({ level }) => level)).toEqual(['debug', 'debug', 'info']);
    ollama.next(answer('Hi')).next(answer('Greetings'));
    const { conversation_id: other } = await chat(service, { message: 'Hello' });
    await named(service, other);
    ollama.next(answer('Hi'));
    await chat(service, { message: 'Hello', conversation_id: id });
    expect(await read(service, id)).toMatchObject({ title: 'Hello', title_by: 'message' });
    expect(ollama.chats.filter(isForTitle)).toHaveLength(4);
  });

  it('stays that of the first message where the model gives none, and is not asked again', async () => {
    const service = await scenario.service();
    ollama.next(answer('Hi')).next(answer('<think>A title …', '</think>\n""'));
    const { conversation_id: id } = await chat(service, { message: 'Hello' });
    await logged(service, 'The model was asked for a title', 1);
    ollama.next(answer('Hi')).next(answer('Hi')).next(answer('Greetings'));
    await chat(service, { message: 'Again', conversation_id: id });
    await named(service, (await chat(service, { message: 'Hello' })).conversation_id);
    expect(await read(service, id)).toMatchObject({ title: 'Hello', title_by: 'message' });
    expect(ollama.chats.filter(isForTitle)).toHaveLength(2);
  });

  it('is asked for after the first whole answer only, whatever is regenerated', async () => {
    const without = await scenario.service({ titles: { enabled: false } });
    ollama.next(answer('Hi'));
    const { conversation_id: id } = await chat(without, { message: 'Hello' });
    if (scenario.storage.target.kind === 'memory') return;
    await without.close();
    const service = await scenario.service();
    ollama.next(answer('Ho')).next(answer('Hi')).next(answer('Greetings'));
    await chat(service, { conversation_id: id, regenerate: true });
    await named(service, (await chat(service, { message: 'Hello' })).conversation_id);
    expect(await read(service, id)).toMatchObject({ title: 'Hello', title_by: 'message' });
    expect(ollama.chats.filter(isForTitle)).toHaveLength(1);
  });

  it('is no generation, and takes no place of one', async () => {
    const service = await scenario.service({ generation: { maxConcurrent: 1, maxQueued: 0 } });
    ollama.next(answer('Hi')).next(script().tokens('Gre').hang()).next(answer('Hi'));
    await chat(service, { message: 'Hello' });
    const asked = await ollama.chat(1);
    ollama.next(script().tokens('Gre').hang());
    await chat(service, { message: 'Hello' });
    expect(await asked.closed).toBe('client_left');
    const again = await ollama.chat(3);
    await service.close();
    expect(await again.closed).toBe('client_left');
  });

  it('is not asked for where titles are off', async () => {
    const service = await scenario.service({ titles: { enabled: false } });
    ollama.always(answer('Hi'));
    const { conversation_id: id } = await chat(service, { message: 'Hello' });
    await chat(service, { message: 'Hello', conversation_id: id });
    expect(ollama.chats.some(isForTitle)).toBe(false);
    expect(await read(service, id)).toMatchObject({ title: 'Hello', title_by: 'message' });
  });
});

describeOnSharedStores('a title by the model, with several workers', (makeStorage) => {
  let scenario: Scenario;
  let ollama: FakeOllama;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    scenario = new Scenario(ollama, await makeStorage());
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await scenario.close();
  });

  it('is asked for when no other generates an answer, and given up when one begins', async () => {
    const [here, there] = [await scenario.service(), await scenario.service()];
    const gates = [new Gate(), new Gate()] as const;
    const busy = (gate: Gate) => script().tokens('a').wait(gate).tokens('b').done();
    const stream = ({ url }: RunningService, message: string): Promise<StreamReader> =>
      StreamReader.post(`${url}/api/chat/stream`, { message });
    ollama.next(busy(gates[0])).next(answer('Hi'));
    const first = await stream(there, 'One');
    await first.take(1);
    const { conversation_id: id } = await chat(here, { message: 'Two' });
    expect(ollama.chats).toHaveLength(2);

    ollama.always(({ body }) =>
      QUESTION.test(body.messages.at(-1).content) ? script().tokens('T').hang() : busy(gates[1]),
    );
    gates[0].open();
    await first.rest();
    const titlesOf = (message: string) =>
      ollama.chats.filter(
        (request) => isForTitle(request) && request.body.messages[0].content === message,
      );
    await until(
      () => Promise.resolve(titlesOf('Two')),
      (requests) => requests.length > 0,
    );
    const second = await stream(there, 'Three');
    await second.take(1);
    for (const request of ollama.chats.filter(isForTitle))
      expect(await request.closed).toBe('client_left');
    ollama.always(answer('A title'));
    gates[1].open();
    await second.rest();
    expect(await named(here, id)).toMatchObject({ title: 'A title' });
  });
});
