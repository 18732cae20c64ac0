import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnEveryStore } from '../support/storages.js';

const MOST = 130;
const TURNS = MOST / 2;

describeOnEveryStore('a long conversation', (makeStorage) => {
  let ollama: FakeOllama;
  let service: RunningService;
  let dispose: () => Promise<void>;
  let id: string;

  beforeAll(async () => {
    const storage = await makeStorage();
    dispose = () => storage.dispose();
    ollama = await FakeOllama.start();
    ollama.models.add({ name: 'llama2', contextLength: 512 });
    ollama.always(({ body }) => answer(`re ${String(body.messages.at(-1).content)}`));
    const history = { storage: storage.target, maxConversations: 0, maxMessages: MOST };
    service = await startService(ollama, { history });
    id = (await chat({ message: 'q0' })).body.conversation_id;
    for (let n = 1; n < TURNS; n += 1)
      await chat({ message: `q${String(n)}`, conversation_id: id });
  });
  afterAll(async () => {
    await service.close();
    await ollama.close();
    await dispose();
  });

  const chat = (body: object) => postJson(`${service.url}/api/chat`, body);
  const read = (query = '') => getJson(`${service.url}/api/history/${id}${query}`);
  const texts = ({ body }: any): string[] => body.messages.map(({ content }: any) => content);
  /** In the place of the last answer: beside it there is no room. */
  const answerAgain = async () => {
    const { active_message_id: last } = (await read()).body;
    await sendJson('DELETE', `${service.url}/api/history/${id}/messages/${String(last)}`);
    return chat({ regenerate: true, conversation_id: id });
  };
  const all = Array.from({ length: TURNS }, (_, n) => [`q${String(n)}`, `re q${String(n)}`]).flat();

  it('is read whole, and by any window, in the form of a short one', async () => {
    const whole = await read();
    expect(whole.headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(texts(whole)).toEqual(all);
    expect(whole.body).toMatchObject({ id, message_count: MOST, active_generation_id: null });
    const short = await read('?messages=2');
    expect(Object.keys(whole.body)).toEqual(Object.keys(short.body));
    expect(whole.body.messages.slice(-2)).toEqual(short.body.messages);
    expect(texts(await read('?messages=100'))).toEqual(all.slice(-100));
    const before = whole.body.messages[120].id;
    expect(texts(await read(`?messages=90&before=${String(before)}`))).toEqual(all.slice(30, 120));
    expect(texts(await read(`?before=${String(before)}`))).toEqual(all.slice(0, 120));
    const renamed = await sendJson('PUT', `${service.url}/api/history/${id}`, { title: 'Long' });
    expect(renamed.body).toEqual({
      ...whole.body,
      title: 'Long',
      title_by: 'user',
      revision: Number(whole.body.revision) + 1,
    });
  });

  it('takes no turn beyond MAX_CONVERSATION, and one more where a message was deleted', async () => {
    const refused = await chat({ message: 'more', conversation_id: id });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'CONFLICT', reason: 'conversation_full' });
    expect((await read()).body).toMatchObject({ message_count: MOST, active_generation_id: null });
    const full = await chat({ regenerate: true, conversation_id: id });
    expect(full).toMatchObject({ status: 409, body: { reason: 'conversation_full' } });
    const anew = await answerAgain();
    expect(anew.body.response).toBe(all.at(-1));
    expect(texts(await read())).toEqual(all);
  });

  it('is sent to the model as far as it fits', async () => {
    await answerAgain();
    const sent = ollama.chats.at(-1)?.body.messages.map(({ content }: any) => content);
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.length).toBeLessThan(MOST - 1);
    expect(sent).toEqual(all.slice(-1 - sent.length, -1));
  });
});
