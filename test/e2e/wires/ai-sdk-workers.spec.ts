import { randomUUID } from 'node:crypto';
import { answer, script, type FakeOllama } from '../../support/fake-ollama.js';
import { getJson, postJson } from '../../support/http-client.js';
import type { RunningService } from '../../support/service.js';
import { describeOnSharedStores } from '../../support/storages.js';
import { TwoWorkers } from '../../support/two-workers.js';
import { UiChat } from '../../support/ui-chat.js';

describeOnSharedStores('the AI SDK’s chat, with two workers', (makeStorage) => {
  let workers: TwoWorkers;
  let upstream: FakeOllama;
  let here: RunningService;
  let there: RunningService;

  beforeAll(async () => {
    workers = await TwoWorkers.start(makeStorage);
    ({ upstream, here, there } = workers);
  });
  afterEach(() => upstream.assertNoUnexpected());
  afterAll(() => workers.close());

  const api = (service: RunningService, chatId: string, rest = '') =>
    `${service.url}/api/chat/ui/${chatId}${rest}`;
  const textMessage = (text: string) => ({
    id: randomUUID(),
    role: 'user',
    parts: [{ type: 'text', text }],
  });
  const send = (service: RunningService, id: string, text: string) =>
    fetch(`${service.url}/api/chat/ui`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id, message: textMessage(text) }),
    });

  /** An answer that `here` writes and never ends, as its first reader has it. */
  const begin = async (id: string): Promise<Response> => {
    upstream.next(script().token('a').hang());
    const reader = await send(here, id, 'Hello');
    expect(reader.status).toBe(200);
    return reader;
  };
  const expectBusy = async (id: string, active: string | null) => {
    for (const service of [here, there]) {
      const refused = await send(service, id, 'Me too');
      expect(refused.status).toBe(409);
      expect(await refused.json()).toMatchObject({
        ...{ reason: 'conversation_busy', active_generation_id: active },
      });
    }
  };
  const stop = (id: string) => postJson(api(there, id, '/stop'));
  const runningIn = async (id: string) =>
    (await getJson(api(there, id))).body.active_generation_id as string | null;

  it('keeps an answer that is read where it is written', async () => {
    const id = randomUUID();
    const reader = await begin(id);
    const active = await runningIn(id);
    expect(active).not.toBeNull();
    await expectBusy(id, active);
    expect((await stop(id)).body).toMatchObject({ id: active, status: 'cancelled', response: 'a' });
    expect(await reader.text()).toContain('"type":"abort"');
  });

  it('keeps an answer that is read on the other worker alone', async () => {
    const id = randomUUID();
    const first = await begin(id);
    const joined = await fetch(api(there, id, '/stream'));
    await first.body?.cancel();
    const active = await runningIn(id);
    await expectBusy(id, active);
    expect((await stop(id)).body).toMatchObject({ id: active, status: 'cancelled' });
    expect(await joined.text()).toContain('"type":"abort"');
  });

  it('ends an answer that nobody reads any more, and goes on', async () => {
    const chat = new UiChat(here.url, { id: randomUUID() });
    upstream.next(script().token('a').hang());
    const sending = chat.sendMessage({ text: 'Hello' });
    while (chat.status !== 'streaming') await new Promise((resolve) => setImmediate(resolve));
    const running = upstream.chats.at(-1);
    await chat.stop();
    await sending;
    upstream.next(answer('Yes'));
    const other = new UiChat(there.url, { id: chat.id, messages: chat.messages });
    await other.sendMessage({ text: 'And now?' });
    expect(other.texts).toEqual([
      ...['user: Hello', 'assistant: a', 'user: And now?', 'assistant: Yes'],
    ]);
    expect(await running?.closed).toBe('client_left');
    const { messages } = (await getJson(api(here, chat.id))).body;
    expect(messages[1].metadata).toMatchObject({ finish_reason: 'cancelled' });
    expect(messages).toHaveLength(4);
  });

  it('ends an answer whose readers have left the other worker', async () => {
    const id = randomUUID();
    const first = await begin(id);
    const second = await fetch(api(there, id, '/stream'));
    await first.body?.cancel();
    await second.body?.cancel();
    upstream.next(answer('Yes'));
    const sent = await send(here, id, 'And now?');
    expect(sent.status).toBe(200);
    expect(await sent.text()).toContain('"delta":"Yes"');
  });
});
