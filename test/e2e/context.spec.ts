import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import type { RecordedRequest } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnDurableStores,
  describeOnEveryStore,
  type TestStorage,
} from '../support/storages.js';

const WINDOW = 1024;
const SHORT_ANSWERS = { max_tokens: 16 };
const TOO_LONG = 'the input length exceeds the context length';
/** Of 100 characters. */
const TEXT = 'Quite an ordinary sentence, as people write it. '.repeat(3).slice(0, 100);

/** What this tokenizer counts: every fifth character is a token, fewer than are estimated at first. */
const tokensOf = ({ body }: RecordedRequest): number =>
  body.messages.reduce((sum: number, { content }: any) => sum + 4 + content.length / 5, 3);

/** An Ollama with that tokenizer, which cuts nothing. */
const counting = (request: RecordedRequest) => {
  const prompt = Math.round(tokensOf(request));
  if (prompt > request.body.options.num_ctx) return script().error(400, TOO_LONG);
  return script()
    .token('Yes.')
    .done({ usage: { prompt, completion: 2 } });
};

async function startOn(storage: TestStorage, ollama: FakeOllama): Promise<RunningService> {
  return startService(ollama, { history: { storage: storage.target, maxConversations: 0 } });
}

async function fakeOllama(): Promise<FakeOllama> {
  const ollama = await FakeOllama.start();
  ollama.models.add({ name: 'llama2', contextLength: WINDOW });
  return ollama;
}

const ask = (service: RunningService, id: string | undefined, more: object = {}) =>
  postJson(`${service.url}/api/chat`, {
    message: TEXT,
    parameters: SHORT_ANSWERS,
    ...(id !== undefined && { conversation_id: id }),
    ...more,
  });

/** A conversation of so many turns. */
async function talk(service: RunningService, turns: number): Promise<string> {
  let id: string | undefined;
  for (let turn = 0; turn < turns; turn += 1) {
    const { status, body } = await ask(service, id);
    expect(status).toBe(200);
    id = body.conversation_id;
  }
  return id ?? '';
}

describeOnEveryStore('the context', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeEach(async () => {
    ollama = await fakeOllama();
    ollama.always(counting);
    storage = await makeStorage();
    service = await startOn(storage, ollama);
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const messagesOf = async (id: string) =>
    (await getJson(`${service.url}/api/history/${id}`)).body.messages.length;

  it('is cut by nobody but the service', async () => {
    await talk(service, 1);
    const { body } = await ollama.chat(0);
    expect(body).toMatchObject({ truncate: false, shift: false, options: { num_ctx: WINDOW } });
  });

  it('is used to nine tenths and not exceeded, once the model has counted', async () => {
    const id = await talk(service, 50);
    const sent = ollama.chats.slice(-5);
    for (const request of sent) {
      expect(tokensOf(request)).toBeLessThanOrEqual(WINDOW);
      expect(tokensOf(request)).toBeGreaterThan(0.9 * WINDOW);
    }
    const { body } = await ask(service, id);
    const last = await ollama.chat(ollama.chats.length - 1);
    expect(body.context).toEqual({
      window: WINDOW,
      messages_used: last.body.messages.length,
      messages_left_out: 101 - last.body.messages.length,
    });
  });

  it('is refused where nothing may be left out, and nothing of the turn is kept', async () => {
    const whole = await talk(service, 5);
    const fits = await ask(service, whole, { truncation: 'error' });
    expect(fits.body).toMatchObject({ context: { messages_used: 11, messages_left_out: 0 } });
    const id = await talk(service, 50);
    const chats = ollama.chats.length;
    const refusal = {
      code: 'INVALID_INPUT',
      reason: 'context_exceeded',
      details: [{ field: 'truncation', message: expect.any(String) }],
    };
    const plain = await ask(service, id, { truncation: 'error' });
    expect([plain.status, plain.body]).toEqual([400, expect.objectContaining(refusal)]);
    const stream = await postJson(`${service.url}/api/chat/stream`, {
      message: TEXT,
      conversation_id: id,
      truncation: 'error',
    });
    expect([stream.status, stream.body]).toEqual([400, expect.objectContaining(refusal)]);
    expect(ollama.chats).toHaveLength(chats);
    expect(await messagesOf(id)).toBe(100);
    expect((await ask(service, id, { truncation: 'auto' })).status).toBe(200);
  });

  it('is sent with fewer turns where the model server refuses it as too long', async () => {
    const id = await talk(service, 8);
    const chats = ollama.chats.length;
    ollama.next(script().error(400, TOO_LONG), 2).next(answer('Shorter'));
    const { status, body } = await ask(service, id);
    expect([status, body.response]).toEqual([200, 'Shorter']);
    const sent = ollama.chats.slice(chats).map((request) => request.body.messages);
    expect(sent.map(({ length }) => length)).toEqual([17, expect.any(Number), expect.any(Number)]);
    expect(sent[1].length).toBeLessThan(17);
    expect(sent[2].length).toBeLessThan(sent[1].length);
    expect(sent[2]).toEqual(sent[0].slice(-sent[2].length));
    expect(body.context).toEqual({
      window: WINDOW,
      messages_used: sent[2].length,
      messages_left_out: 17 - sent[2].length,
    });
    expect(await messagesOf(id)).toBe(18);
  });

  it('fails where the model server refuses even the message alone, and at once with truncation error', async () => {
    const id = await talk(service, 8);
    for (const [truncation, tries] of [
      ['auto', 5],
      ['error', 1],
    ] as const) {
      const chats = ollama.chats.length;
      ollama.next(script().error(400, TOO_LONG), tries);
      const { status, body } = await ask(service, id, { truncation });
      expect([status, body.reason]).toEqual([400, 'context_exceeded']);
      const sent = ollama.chats.slice(chats);
      expect(sent).toHaveLength(tries);
      if (truncation === 'auto') expect(sent.at(-1)?.body.messages).toHaveLength(1);
    }
    expect(await messagesOf(id)).toBe(16);
    await ask(service, id);
    const { body } = await ask(service, id);
    expect(body.context).toMatchObject({ messages_used: 19, messages_left_out: 0 });
  });

  it('takes no other word for truncation', async () => {
    const { status, body } = await ask(service, undefined, { truncation: 'middle' });
    expect(status).toBe(400);
    expect(body.details).toEqual([
      { field: 'truncation', message: 'truncation must be auto or error' },
    ]);
  });
});

describeOnDurableStores('what a model was found to count', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;

  beforeEach(async () => {
    ollama = await fakeOllama();
    ollama.always(counting);
    storage = await makeStorage();
    service = await startOn(storage, ollama);
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  it('is known after a restart', async () => {
    const id = await talk(service, 50);
    await service.close();
    service = await startOn(storage, ollama);
    await ask(service, id);
    const first = await ollama.chat(50);
    expect(tokensOf(first)).toBeLessThanOrEqual(WINDOW);
    expect(tokensOf(first)).toBeGreaterThan(0.9 * WINDOW);
  });
});
