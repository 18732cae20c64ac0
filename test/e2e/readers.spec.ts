import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import type { SettingsOverrides } from '../support/settings.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

describe('readers', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    await service.close();
    ollama.assertNoUnexpected();
    await ollama.close();
  });
  const start = async (overrides: SettingsOverrides = {}): Promise<void> => {
    service = await startService(ollama, overrides);
  };

  /** A client that asks and then takes nothing from its socket. */
  async function stalledReader(): Promise<Socket> {
    const { hostname, port } = new URL(service.url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    socket.pause();
    const body = JSON.stringify({ message: 'Hi', on_disconnect: 'continue' });
    socket.write(
      `POST /api/chat/stream HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`,
    );
    return socket;
  }

  it('that take nothing are dropped, while the generation and other readers go on', async () => {
    await start({ generation: { stallTimeoutMs: 1_000, maxAnswerBytes: 32 * 1024 ** 2 } });
    const big = 'x'.repeat(50_000);
    const gate = new Gate();
    ollama.next(
      script()
        .tokens(...Array<string>(400).fill(big))
        .wait(gate)
        .tokens('end')
        .done(),
    );
    const chats = ollama.chats.length;
    const accepted = once(service.app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const stalled = await stalledReader();
    const [serverSide] = await accepted;
    const dropped = once(serverSide, 'close');
    await ollama.chat(chats);
    const { body } = await getJson(`${service.url}/api/history`);
    const id = body.conversations[0]?.active_generation_id as string;
    const other = await StreamReader.open(`${service.url}/api/generations/${id}/stream`);
    await other.take(400);
    gate.open();
    expect(textOf(await other.rest())).toBe('end');
    await dropped;
    stalled.destroy();
  });

  it('that leave before the first token free the model, on both routes', async () => {
    await start();
    for (const path of ['/api/chat', '/api/chat/stream']) {
      ollama.next(script().hang());
      const chats = ollama.chats.length;
      const leave = new AbortController();
      const pending = fetch(service.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ message: 'Hi' }),
        signal: leave.signal,
      }).catch(() => null);
      const chat = await ollama.chat(chats);
      leave.abort();
      expect(await chat.closed).toBe('client_left');
      await pending;
    }
    const { body } = await getJson(`${service.url}/api/history`);
    expect(body.total).toBe(2);
    const kept = await getJson(`${service.url}/api/history/${body.conversations[0].id}`);
    expect(kept.body.messages[1]).toMatchObject({ content: '', status: 'cancelled' });
  });

  it('that come too late get the whole answer as one token of a replay, or 404 of a stream', async () => {
    await start({ generation: { retentionMs: 0 } });
    ollama.next(answer('a', 'b'));
    const key = { 'Idempotency-Key': 'late' };
    const url = `${service.url}/api/chat/stream`;
    const first = await StreamReader.post(url, { message: 'Hi' }, key);
    await first.rest();
    const id = first.response.headers.get('X-Generation-Id') ?? '';
    const again = await StreamReader.post(url, { message: 'Hi' }, key);
    expect((await again.rest()).map(({ data }) => data)).toEqual([
      { token: 'ab' },
      expect.objectContaining({ done: true, generation_id: id }),
    ]);
    // Numbers of events that are gone: only the last one still says what its reader has.
    const at = (lastEventId: string) =>
      postJson(url, { message: 'Hi' }, { ...key, 'Last-Event-ID': lastEventId });
    expect((await at('3')).status).toBe(204);
    expect((await at('1')).body).toMatchObject({ details: [{ field: 'Last-Event-ID' }] });
    expect((await at('4')).status).toBe(400);
    expect((await getJson(`${service.url}/api/generations/${id}/stream`)).status).toBe(404);
    expect((await getJson(`${service.url}/api/generations/${id}`)).body.response).toBe('ab');
  });

  it('of a key whose conversation was deleted get 409', async () => {
    await start();
    ollama.next(answer('a'));
    const key = { 'Idempotency-Key': 'gone' };
    const first = await postJson(`${service.url}/api/chat`, { message: 'Hi' }, key);
    await fetch(`${service.url}/api/history/${first.body.conversation_id}`, { method: 'DELETE' });
    const again = await postJson(`${service.url}/api/chat`, { message: 'Hi' }, key);
    expect(again.body).toMatchObject({ code: 'CONFLICT', reason: 'conversation_deleted' });
  });
});
