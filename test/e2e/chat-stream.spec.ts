import { answer, FakeOllama, Gate, script, type ChatScript } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { seedClient } from '../support/seed-client.js';
import { startService, type RunningService } from '../support/service.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

describe('POST /api/chat/stream', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  let stream: string;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama);
    stream = `${service.url}/api/chat/stream`;
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  it('is read by the seed’s JavaScript client as it stands', async () => {
    ollama.next(answer('Quantum', ' computing', ' “é😀”\n\nis'));
    expect(await seedClient(service.url)).toEqual(['Quantum', ' computing', ' “é😀”\n\nis']);
  });

  it('has exactly the bytes of the contract', async () => {
    ollama.next(
      script()
        .tokens('Hi', '!')
        .done({ usage: { prompt: 3, completion: 2 } }),
    );
    const reader = await StreamReader.post(stream, { message: 'Hello' });
    await reader.rest();
    const { headers, status } = reader.response;
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toBe('text/event-stream');
    expect(headers.get('Cache-Control')).toBe('no-cache, no-transform');
    expect(headers.get('X-Accel-Buffering')).toBe('no');
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
    const conversation = headers.get('X-Conversation-Id');
    const generation = headers.get('X-Generation-Id');
    const { body } = await getJson(`${service.url}/api/history/${conversation ?? ''}`);
    expect(reader.raw).toBe(
      'data: {"token":"Hi"}\n\n' +
        'data: {"token":"!"}\n\n' +
        `data: {"done":true,"conversation_id":"${conversation ?? ''}","generation_id":"${generation ?? ''}",` +
        `"message_id":"${body.messages[1].id}","finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":2},` +
        `"parent_id":"${body.messages[0].id}","context":{"window":4096,"messages_used":1,"messages_left_out":0},"format_valid":null,"warnings":null}\n\n`,
    );
  });

  it('numbers the events when asked to', async () => {
    ollama.next(answer('a', 'b'));
    const reader = await StreamReader.post(stream, {
      message: 'Hi',
      stream_options: { ids: true },
    });
    expect((await reader.rest()).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it('gives each token when it comes', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('first').wait(gate).tokens('second').done());
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    expect((await reader.next())?.data).toEqual({ token: 'first' });
    gate.open();
    expect((await reader.next())?.data).toEqual({ token: 'second' });
    expect((await reader.next())?.data).toMatchObject({ done: true });
    expect(await reader.next()).toBeNull();
  });

  it('lets whoever sees done read the message', async () => {
    ollama.next(answer('whole'));
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    const events = await reader.rest();
    const { conversation_id, message_id } = events.at(-1)?.data ?? {};
    const { body } = await getJson(`${service.url}/api/history/${conversation_id as string}`);
    expect(body.messages[1]).toMatchObject({
      id: message_id,
      content: 'whole',
      status: 'complete',
    });
    expect(body.active_generation_id).toBeNull();
  });

  it('has a real status when it fails before the first token', async () => {
    ollama.next(script().error(500));
    const { status, headers, body } = await postJson(stream, { message: 'Hi' });
    expect(status).toBe(503);
    expect(headers.get('Content-Type')).toContain('application/json');
    expect(headers.get('X-Generation-Id')).not.toBeNull();
    expect(body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' });
  });

  it.each([
    ['a reset', (half: ChatScript) => half.reset()],
    ['an error line', (half: ChatScript) => half.errorLine('out of memory at 0xdead')],
    ['an end without done', (half: ChatScript) => half.end()],
    ['a malformed line', (half: ChatScript) => half.malformed()],
  ])('ends with one error block after %s, never a done', async (_, breakOff) => {
    const gate = new Gate();
    ollama.next(breakOff(script().tokens('Half').wait(gate)));
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    const first = await reader.take(1);
    gate.open();
    const events = [...first, ...(await reader.rest())];
    expect(textOf(events)).toBe('Half');
    expect(events).toHaveLength(2);
    expect(events[1]?.data).toEqual({
      error: expect.any(String),
      code: 'SERVICE_UNAVAILABLE',
      reason: 'model_unavailable',
      conversation_id: reader.response.headers.get('X-Conversation-Id'),
      generation_id: reader.response.headers.get('X-Generation-Id'),
    });
    expect(reader.raw).not.toContain('0xdead');
  });

  it('closes the model’s connection when its reader leaves, and keeps the partial answer', async () => {
    ollama.next(script().tokens('Half', ' an').hang());
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    await reader.take(2);
    reader.leave();
    const chat = ollama.chats.at(-1);
    expect(await chat?.closed).toBe('client_left');
    const generation = reader.response.headers.get('X-Generation-Id') ?? '';
    const receipt = await postJson(`${service.url}/api/generations/${generation}/cancel`);
    expect(receipt.body).toMatchObject({ status: 'cancelled', response: 'Half an' });
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    const { body } = await getJson(`${service.url}/api/history/${id}`);
    expect(body.messages[1]).toMatchObject({
      content: 'Half an',
      status: 'cancelled',
      finish_reason: 'cancelled',
    });
  });

  it('leaves the other streams alone when one reader leaves', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done(), 6);
    const readers = await Promise.all(
      Array.from({ length: 6 }, () => StreamReader.post(stream, { message: 'Hi' })),
    );
    await Promise.all(readers.map((reader) => reader.next()));
    readers.shift()?.leave();
    gate.open();
    for (const reader of readers) expect(textOf(await reader.rest())).toBe('b');
  });

  it('never splits a character over two events', async () => {
    ollama.next(script().tokens('a\ud83d', '\ude00b').done().bytewise());
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    const events = await reader.rest();
    expect(textOf(events)).toBe('a😀b');
    expect(reader.raw).not.toMatch(/\\ud/i);
  });

  it('refuses a second message while the first is answered, and stores nothing of it', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done());
    const reader = await StreamReader.post(stream, { message: 'One' });
    await reader.next();
    const conversation_id = reader.response.headers.get('X-Conversation-Id') ?? '';
    const refused = await postJson(stream, { message: 'Two', conversation_id });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'conversation_busy',
      active_generation_id: reader.response.headers.get('X-Generation-Id'),
    });
    expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/);
    const { body } = await getJson(`${service.url}/api/history/${conversation_id}`);
    expect(body.message_count).toBe(2);
    expect(body.messages[1]).toMatchObject({ status: 'streaming', content: 'a', seq: 1 });
    gate.open();
    await reader.rest();
  });
});
