import { jest } from '@jest/globals';
import { GenerationStore } from '../../src/store/generation-store.js';
import { FakeOllama, script, answer } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

const MOST_BYTES = 4_096;

describe('an answer whose model does not end it', () => {
  let ollama: FakeOllama;
  let service: RunningService;
  beforeAll(async () => {
    ollama = await FakeOllama.start();
    service = await startService(ollama, { generation: { maxAnswerBytes: MOST_BYTES } });
  });
  afterAll(async () => {
    await service.close();
    await ollama.close();
  });

  async function streamed(body: object): Promise<{ text: string; last: any; id: string }> {
    const url = `${service.url}/api/chat/stream`;
    const reader = await StreamReader.post(url, { message: 'Hi', ...body });
    const events = await reader.rest();
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    return { text: textOf(events), last: events.at(-1)?.data, id };
  }

  it.each([
    ['ASCII', 'x'.repeat(100)],
    ['characters of four bytes', 'a😀😀'],
    ['one piece', '字'.repeat(5_000)],
  ])('ends with length at MAX_ANSWER, at a whole character (%s)', async (_name, token) => {
    const many = Array.from({ length: 2_000 }, () => token);
    ollama.next(
      script()
        .tokens(...many)
        .hang(),
    );
    const before = ollama.chats.length;
    const { text, last, id } = await streamed({ parameters: { max_tokens: 4096 } });
    await (
      await ollama.chat(before)
    ).closed;

    expect(last).toMatchObject({ done: true, finish_reason: 'length', usage: null });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
    expect(Buffer.byteLength(text)).toBeGreaterThan(MOST_BYTES - 4);
    expect(token.repeat(2_000).startsWith(text)).toBe(true);
    const { body } = await getJson(`${service.url}/api/history/${id}`);
    expect(body.messages[1]).toMatchObject({
      content: text,
      status: 'complete',
      finish_reason: 'length',
    });
  });

  it('is not committed again where nothing of its second piece fits', async () => {
    const commitTurn = jest.spyOn(service.app.get(GenerationStore), 'commitTurn');
    const first = 'x'.repeat(MOST_BYTES - 1);
    ollama.next(script().tokens(first, '字').hang());
    const { text, last } = await streamed({ parameters: { max_tokens: 4096 } });
    expect(text).toBe(first);
    expect(last).toMatchObject({ done: true, finish_reason: 'length' });
    expect(commitTurn.mock.calls.length).toBeLessThan(2);
    commitTurn.mockRestore();
  });

  it('ends with length a little above max_tokens', async () => {
    ollama.next(
      script()
        .tokens(...Array.from({ length: 500 }, (_, n) => `${String(n)} `))
        .hang(),
    );
    const { text, last } = await streamed({ parameters: { max_tokens: 50 } });
    expect(last).toMatchObject({ done: true, finish_reason: 'length' });
    const tokens = text.trim().split(' ').length;
    expect(tokens).toBeGreaterThanOrEqual(50);
    expect(tokens).toBeLessThan(80);
  });

  it('is one that its model ended where it kept to its tokens', async () => {
    ollama.next(answer(...Array.from({ length: 50 }, () => 'x')));
    const { body } = await postJson(`${service.url}/api/chat`, {
      message: 'Hi',
      parameters: { max_tokens: 50 },
    });
    expect(body).toMatchObject({ finish_reason: 'stop', response: 'x'.repeat(50) });
  });
});
