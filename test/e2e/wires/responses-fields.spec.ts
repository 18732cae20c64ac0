import { randomUUID } from 'node:crypto';
import { answer, FakeOllama, script } from '../../support/fake-ollama.js';
import { dataUrlOf } from '../../support/pictures.js';
import { startService, type RunningService } from '../../support/service.js';

const TURN = { model: 'llama2', input: 'Hello' };
const TEXT_STREAM = 'text/event-stream; charset=utf-8';

describe('OpenAI responses, as they are sent', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2' }, { name: 'mistral' });
    service = await startService(ollama, {
      models: { default: 'absent' },
      rateLimit: { enabled: true, requests: 20, readRequests: 60 },
    });
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await ollama.close();
  });

  const send = (method: string, path: string, body?: object, headers: object = {}) =>
    fetch(`${service.url}/v1/responses${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
  const post = (body: object, headers?: object) => send('POST', '', { ...TURN, ...body }, headers);
  const ask = async (body: object = {}, headers?: object): Promise<any> => {
    ollama.next(answer('Yes'));
    const response = await post(body, headers);
    expect(response.status).toBe(200);
    return response.json();
  };
  const refusal = async (response: Promise<Response>): Promise<unknown[]> => {
    const { error } = (await (await response).json()) as any;
    return [(await response).status, error.code, error.param];
  };
  const statusOf = async (response: Promise<Response>) => {
    await (await response).arrayBuffer();
    return (await response).status;
  };
  const asked = () => ollama.chats.at(-1)?.body as Record<string, any>;
  const prompt = () => asked()['messages'].map(({ content }: { content: string }) => content);

  it('have their times in seconds, and the id of their generation', async () => {
    const response = await ask();
    const { headers } = await send('GET', `/${response.id}?stream=true`);
    expect(headers.get('content-type')).toBe(TEXT_STREAM);
    const id = headers.get('x-generation-id') ?? '';
    expect(response.id).toBe(`resp_${id.replaceAll('-', '')}`);
    expect(headers.get('x-conversation-id')?.replaceAll('-', '')).toBe(
      response.conversation.id.slice('conv_'.length),
    );
    const record: any = await (await fetch(`${service.url}/api/generations/${id}`)).json();
    expect([response.created_at, response.completed_at]).toEqual(
      [record.created_at, record.finished_at].map((time) => Math.floor(Date.parse(time) / 1000)),
    );
  });

  it('have conversations whose times are in seconds, too', async () => {
    const { conversation } = await ask();
    const hex = conversation.id.slice('conv_'.length);
    const read = async (path: string): Promise<any> =>
      (await fetch(`${service.url}/${path}`)).json();
    const made = await read(`v1/conversations/${conversation.id}`);
    const { conversations } = await read('api/history');
    const same = conversations.find(({ id }: { id: string }) => id.replaceAll('-', '') === hex);
    expect(made.created_at).toBe(Math.floor(Date.parse(same.created_at) / 1000));
  });

  it('repeat what clients note of them', async () => {
    const noted = { prompt_cache_key: 'p', safety_identifier: 's', user: 'u' };
    expect(await ask(noted)).toMatchObject(noted);
  });

  it('go on with the model that they had, by an id of either form', async () => {
    const first = await ask({ model: 'mistral' });
    const bare = first.id.replace(/^resp_(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const second = await ask({ model: null, previous_response_id: bare });
    expect(second.previous_response_id).toBe(first.id);
    expect(asked()['model']).toBe('mistral');
  });

  it('tell the model of this turn what its input says as the system', async () => {
    const first = await ask();
    const system = { role: 'developer', content: 'Be brief' };
    const input = [system, { role: 'user', content: 'More' }];
    await ask({ input, previous_response_id: first.id, instructions: 'Be kind' });
    expect(prompt().slice(-1)).toEqual(['More']);
    expect(prompt().join('|')).toMatch(/Be kind\s+Be brief/);
    await ask({ input, store: false, instructions: 'Be kind' });
    expect(prompt()).toEqual(['Be kind', 'Be brief', 'More']);
  });

  it('are refused pictures for a model that sees none', async () => {
    const content = [{ type: 'input_image', image_url: dataUrlOf('png') }];
    const seen = post({ input: [{ role: 'user', content }] });
    expect(await refusal(seen)).toEqual([400, 'validation', 'input']);
    expect(ollama.chats).toHaveLength(0);
  });

  it('are replayed by their key, though what they went on with is gone', async () => {
    const first = await ask();
    const key = { 'Idempotency-Key': randomUUID() };
    const body = { previous_response_id: first.id };
    const second = await ask(body, key);
    expect(await statusOf(send('DELETE', `/${first.id}`))).toBe(200);
    const again = await post(body, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.json()).toEqual(second);
  });

  it('in the background need a model that is there, and tell its failure in the stream', async () => {
    const background = true;
    const absent = send('POST', '', { input: 'Hello', background });
    expect(await refusal(absent)).toEqual([404, 'model_not_found', null]);
    ollama.always(script().error(500));
    const failed = await post({ background, stream: true });
    expect(failed.status).toBe(200);
    const blocks = (await failed.text()).trimEnd().split('\n\n');
    expect(blocks.at(-1)).toMatch(/^event: response\.failed\n/);
  });

  it.each(['-1', '1.5', 'x', '', '1'.repeat(16)])(
    'are not read after what is no number of an event (%j)',
    async (after) => {
      const { id } = await ask();
      const read = send('GET', `/${id}?stream=true&starting_after=${after}`);
      expect(await refusal(read)).toEqual([400, 'validation', 'starting_after']);
    },
  );

  it('are counted as chats are; a cancel is not, but of one that is not there', async () => {
    const { id } = await ask();
    const cancel = (of: string) => statusOf(send('POST', `/${of}/cancel`));
    const unknown: number[] = [];
    while (unknown.at(-1) !== 429 && unknown.length < 100) unknown.push(await cancel('resp_0'));
    expect(new Set(unknown)).toEqual(new Set([404, 429]));
    expect(await cancel(id)).toBe(200);
    const sent: number[] = [];
    while (sent.at(-1) !== 429 && sent.length < 100)
      sent.push(await statusOf(post({ input: null })));
    expect(sent).toHaveLength(20);
  });
});
