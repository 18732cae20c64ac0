import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';

/** Swift's `UUID`, for one, writes in capitals whatever it has read. */
describe('ids in capital letters', () => {
  const generation = '0B9DE0D0-7C4B-4F5B-8A52-B1A5BE0C5D11';
  let ollama: FakeOllama;
  let service: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it('name the same things', async () => {
    ollama.next(answer('One')).next(answer('Two'));
    const first = await postJson(`${service.url}/api/chat`, {
      message: 'Hi',
      generation_id: generation,
    });
    expect(first.body).toMatchObject({ generation_id: generation.toLowerCase() });
    const conversation = String(first.body.conversation_id).toUpperCase();

    const second = await postJson(`${service.url}/api/chat`, {
      message: 'Again',
      conversation_id: conversation,
    });
    expect(second.body).toMatchObject({ response: 'Two' });

    const work = `${service.url}/api/generations/${generation}`;
    expect((await getJson(work)).body).toMatchObject({ response: 'One', status: 'completed' });
    expect((await postJson(`${work}/cancel`)).body).toMatchObject({ status: 'completed' });

    const history = `${service.url}/api/history/${conversation}`;
    const before = String(second.body.message_id).toUpperCase();
    const { body } = await getJson(`${history}?messages=1&before=${before}`);
    expect(body.messages).toMatchObject([{ role: 'user', content: 'Again' }]);
    expect((await sendJson('PUT', history, { title: 'Named' })).status).toBe(200);
    expect((await sendJson('DELETE', history)).status).toBe(200);
  });
});
