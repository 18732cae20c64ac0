import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';

const UUID = /^[0-9a-f-]{36}$/;

describe('POST /api/chat', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    ollama = await FakeOllama.start({ name: 'llama2' }, { name: 'mistral' });
    service = await startService(ollama);
    chat = `${service.url}/api/chat`;
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it('answers with the seed’s fields and what a client needs beside them', async () => {
    ollama.next(
      script()
        .tokens('I am', ' well')
        .done({ usage: { prompt: 12, completion: 2 } }),
    );
    const { status, headers, body } = await postJson(chat, { message: 'Hello, how are you?' });
    expect(status).toBe(200);
    expect(body).toEqual({
      conversation_id: expect.stringMatching(UUID),
      response: 'I am well',
      thinking: null,
      thinking_ms: null,
      tool_calls: null,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      message_id: expect.stringMatching(UUID),
      parent_id: expect.stringMatching(UUID),
      generation_id: expect.stringMatching(UUID),
      model: 'llama2',
      finish_reason: 'stop',
      usage: { prompt_tokens: 12, completion_tokens: 2 },
      context: { window: 4096, messages_used: 1, messages_left_out: 0 },
      format_valid: null,
      warnings: null,
    });
    expect(headers.get('X-Conversation-Id')).toBe(body.conversation_id);
    expect(headers.get('X-Generation-Id')).toBe(body.generation_id);
  });

  it('sends the seed’s defaults to the model, and what the client asks for', async () => {
    ollama.next(answer('a'), 2);
    await postJson(chat, { message: 'Hi' });
    await postJson(chat, {
      message: 'Hi',
      model: 'mistral',
      parameters: { temperature: 0.1, max_tokens: 7, top_p: 0.5, stop: ['END'] },
    });
    const [first, second] = ollama.chats.slice(-2);
    expect(first?.body).toMatchObject({
      model: 'llama2',
      stream: true,
      options: { temperature: 0.7, num_predict: 1000, top_p: 1 },
    });
    expect(second?.body).toMatchObject({
      model: 'mistral',
      options: { temperature: 0.1, num_predict: 7, top_p: 0.5, stop: ['END'] },
    });
  });

  it('treats null as not given', async () => {
    ollama.next(answer('a'));
    const { status } = await postJson(chat, {
      message: 'Hi',
      model: null,
      conversation_id: null,
      parameters: { temperature: null },
    });
    expect(status).toBe(200);
    expect(ollama.chats.at(-1)?.body).toMatchObject({ options: { temperature: 0.7 } });
  });

  it('gives the model the conversation: system prompt first, then turns in order', async () => {
    ollama.next(answer('Hello Ada')).next(answer('You are Ada')).next(answer('Bye'));
    const first = await postJson(chat, { message: 'I am Ada', system: 'Be brief' });
    const { conversation_id } = first.body;
    await postJson(chat, { message: 'Who am I?', conversation_id });
    await postJson(chat, { message: 'Bye', conversation_id });
    expect(ollama.chats.at(-1)?.body.messages).toEqual([
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'I am Ada' },
      { role: 'assistant', content: 'Hello Ada' },
      { role: 'user', content: 'Who am I?' },
      { role: 'assistant', content: 'You are Ada' },
      { role: 'user', content: 'Bye' },
    ]);
    const { body } = await getJson(`${service.url}/api/history/${conversation_id}`);
    expect(body.title).toBe('I am Ada');
    expect(body.message_count).toBe(7);
    expect(body.messages.map((message: { role: string }) => message.role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
  });

  it('shows a cut answer to the model and joins questions whose answer was empty', async () => {
    const gate = new Gate();
    ollama.next(script().wait(gate).hang()).next(answer('Yes'));
    const id = '11111111-2222-4333-8444-555555555555';
    const pending = postJson(chat, { message: 'One', generation_id: id });
    await ollama.chat(ollama.chats.length);
    await postJson(`${service.url}/api/generations/${id}/cancel`);
    const { body } = await pending;
    expect(body).toMatchObject({ response: '', finish_reason: 'cancelled' });
    await postJson(chat, { message: 'Two', conversation_id: body.conversation_id });
    expect(ollama.chats.at(-1)?.body.messages).toEqual([{ role: 'user', content: 'One\n\nTwo' }]);
  });

  it('is length when the model ran into max_tokens, usage null when it did not say', async () => {
    ollama.next(script().tokens('a').done({ reason: 'length', usage: null }));
    const { body } = await postJson(chat, { message: 'Hi' });
    expect(body).toMatchObject({ finish_reason: 'length', usage: null });
  });

  it('stores nothing when it fails before the first token', async () => {
    const before = await getJson(`${service.url}/api/history`);
    ollama.next(script().error(500));
    const { status, body } = await postJson(chat, { message: 'Hi' });
    expect(status).toBe(503);
    expect(body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' });
    const after = await getJson(`${service.url}/api/history`);
    expect(after.body.total).toBe(before.body.total);
  });

  it('answers a broken answer with its error and keeps what there was', async () => {
    ollama.next(script().tokens('Half an ans').end());
    const { status, headers } = await postJson(chat, { message: 'Hi' });
    expect(status).toBe(503);
    const id = headers.get('X-Conversation-Id') ?? '';
    const { body } = await getJson(`${service.url}/api/history/${id}`);
    expect(body.messages).toMatchObject([
      { role: 'user', content: 'Hi', status: 'complete' },
      { role: 'assistant', content: 'Half an ans', status: 'failed', finish_reason: null },
    ]);
  });

  it.each([
    [
      'an unknown conversation',
      { message: 'Hi', conversation_id: 'nope' },
      404,
      'conversation_not_found',
    ],
    ['an unknown model', { message: 'Hi', model: 'nope' }, 404, 'model_not_found'],
    ['no message', {}, 400, 'validation'],
    ['an empty message', { message: '' }, 400, 'validation'],
    ['regenerate without a conversation', { regenerate: true }, 400, 'validation'],
    [
      'system in a conversation',
      { message: 'a', system: 'b', conversation_id: 'c' },
      400,
      'validation',
    ],
  ])('refuses %s', async (_, request, status, reason) => {
    const answered = await postJson(chat, request);
    expect(answered.status).toBe(status);
    expect(answered.body).toMatchObject({ reason, error: expect.any(String) });
  });
});
