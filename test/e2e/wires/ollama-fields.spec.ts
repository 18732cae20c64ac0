import { randomUUID } from 'node:crypto';
import { answer, FakeOllama } from '../../support/fake-ollama.js';
import { startService, type RunningService } from '../../support/service.js';

const HELLO = [{ role: 'user', content: 'Hello' }];

describe('Ollama’s API, as it is sent', () => {
  let upstream: FakeOllama;
  let service: RunningService;
  beforeEach(async () => {
    upstream = await FakeOllama.start();
    service = await startService(upstream, {
      rateLimit: { enabled: true, requests: 5, readRequests: 100 },
    });
  });
  afterEach(async () => {
    upstream.assertNoUnexpected();
    await service.close();
    await upstream.close();
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/api/ollama/api/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  const jsonOf = async (response: Promise<Response>): Promise<any> => (await response).json();

  it.each(['chat', 'generate'])('answers with 200, whole and streamed (%s)', async (route) => {
    const body = { model: 'llama2', messages: HELLO, prompt: 'Hello' };
    for (const stream of [true, false]) {
      upstream.next(answer('Yes'));
      const response = await post(route, { ...body, stream });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(
        stream ? /^application\/x-ndjson$/ : /^application\/json/,
      );
      expect(response.headers.get('x-generation-id')).toEqual(expect.any(String));
      const last = (await response.text()).trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).toMatchObject({ model: 'llama2', done: true });
    }
    expect((await post('show', { model: 'llama2' })).status).toBe(200);
  });

  it('says which model it was asked to load', async () => {
    expect(await jsonOf(post('chat', { model: 'llama2' }))).toMatchObject({
      ...{ model: 'llama2', created_at: expect.stringMatching(/^20.*Z$/), done_reason: 'load' },
    });
  });

  it('says which field is wrong', async () => {
    const wrong = { model: 'llama2', messages: [{ role: 'bot' }] };
    expect(await jsonOf(post('chat', wrong))).toMatchObject({
      ...{ reason: 'validation', details: [{ field: 'messages[0].role' }] },
    });
    expect(await jsonOf(post('show', {}))).toMatchObject({
      ...{ reason: 'validation', details: [{ field: 'model' }] },
    });
    const images = ['R0lGODlh'];
    const gif = { model: 'llama2', prompt: 'What?', images };
    expect(await jsonOf(post('generate', gif))).toMatchObject({
      ...{ details: [{ field: 'images[0]' }] },
    });
  });

  it('is refused a key that the other route has', async () => {
    upstream.next(answer('Yes'));
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { model: 'llama2', messages: HELLO, prompt: 'Hello', stream: false };
    expect((await post('chat', body, key)).status).toBe(200);
    const other = await post('generate', body, key);
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ reason: 'idempotency_mismatch' });
  });

  it('is counted as a chat is', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await post('chat', {})).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
    expect((await post('show', { model: 'llama2' })).status).toBe(200);
  });

  it('is there as text', async () => {
    const got = await fetch(`${service.url}/api/ollama`);
    expect(got.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });
});
