import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Store } from '../../src/store/store.js';
import { Scene } from '../contract/store/scene.js';
import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnSharedStores, type TestStorage } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

describeOnSharedStores('a generation that another worker runs', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let here: RunningService;
  let there: RunningService;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    const generation = { disconnectGraceMs: 300 };
    here = await startService(ollama, { history, generation });
    there = await startService(ollama, { history, generation });
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await here.close();
    await there.close();
    await storage.dispose();
    await ollama.close();
  });

  const begin = (body: object = {}): Promise<StreamReader> =>
    StreamReader.post(`${here.url}/api/chat/stream`, {
      message: 'Hi',
      stream_options: { ids: true },
      ...body,
    });
  const idOf = (reader: StreamReader): string =>
    reader.response.headers.get('X-Generation-Id') ?? '';
  const join = (reader: StreamReader, query = ''): Promise<StreamReader> =>
    StreamReader.open(`${there.url}/api/generations/${idOf(reader)}/stream${query}`);

  it('is read with the same bytes, by many at once, while it runs and after its end', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a', 'b').wait(gate).tokens('c', 'd').done());
    const first = await begin();
    await first.take(2);
    const joined = await Promise.all([join(first), join(first), join(first, '?after=0')]);
    for (const reader of joined) expect(textOf(await reader.take(2))).toBe('ab');
    gate.open();
    await first.rest();
    for (const reader of joined) {
      await reader.rest();
      expect(reader.raw).toBe(first.raw);
    }
    const replay = await join(first);
    await replay.rest();
    expect(replay.raw).toBe(first.raw);
  });

  it('is resumed after what its reader saw, though the store has it only a moment later', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a', 'b', 'c').wait(gate).tokens('d').done());
    const first = await begin({ on_disconnect: 'continue' });
    await first.take(3);
    first.leave();
    const joined = await join(first, '?after=3');
    expect(joined.response.status).toBe(200);
    gate.open();
    const events = await joined.rest();
    expect(events.map(({ id }) => id)).toEqual([4, 5]);
    expect(events[0]?.data).toEqual({ token: 'd' });
  });

  it('is joined by a retry elsewhere after what its reader saw, and answers 204 after its end', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a', 'b', 'c').wait(gate).tokens('d').done());
    const body = { message: 'Hi', stream_options: { ids: true } };
    const retry = (url: string, lastEventId?: string): Promise<StreamReader> =>
      StreamReader.post(`${url}/api/chat/stream`, body, {
        'Idempotency-Key': 'retried-elsewhere',
        ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      });
    const first = await retry(here.url);
    await first.take(3);
    first.leave();
    const joined = await retry(there.url, '3');
    gate.open();
    expect((await joined.rest()).map(({ id }) => id)).toEqual([4, 5]);
    const over = await postJson(`${there.url}/api/chat/stream`, body, {
      'Idempotency-Key': 'retried-elsewhere',
      'Last-Event-ID': '5',
    });
    expect(over.status).toBe(204);
  });

  it('answers 202 elsewhere when a retry waits for it and its time is over', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done());
    const ask = (url: string, prefer: string) =>
      postJson(
        `${url}/api/chat`,
        { message: 'Hi' },
        { 'Idempotency-Key': 'waited-elsewhere', Prefer: prefer },
      );
    const begun = await ask(here.url, 'respond-async');
    const waited = await ask(there.url, 'respond-async; wait=1');
    expect([begun.status, waited.status]).toEqual([202, 202]);
    expect(waited.body.id).toBe(begun.body.id);
    gate.open();
    const whole = await ask(there.url, 'respond-async; wait=30');
    expect(whole.status).toBe(200);
    expect(whole.body).toMatchObject({ response: 'a', generation_id: begun.body.id });
  });

  it('is not found by a cancel while its claim is released: it never began', async () => {
    const scene = new Scene(here.app.get(Store), { ownerId: 'default' });
    const { id, key } = await scene.claimed(scene.opening());
    const { coordination } = there.app.get(Store);
    const requestCancel = coordination.requestCancel.bind(coordination);
    const spy = jest.spyOn(coordination, 'requestCancel').mockImplementationOnce(async (...of) => {
      const record = await requestCancel(...of);
      await scene.generations.abandon(key, scene.workerId);
      return record;
    });
    const { status, body } = await postJson(`${there.url}/api/generations/${id}/cancel`);
    spy.mockRestore();
    expect([status, body.reason]).toEqual([404, 'generation_not_found']);
  });

  it('is not found by a cancel here while its claim is released: it never began', async () => {
    const generation_id = randomUUID();
    const { generations } = here.app.get(Store);
    const release = generations.abandon.bind(generations);
    const cancelled: Promise<{ status: number; body: any }>[] = [];
    const spy = jest.spyOn(generations, 'abandon').mockImplementationOnce(async (...claim) => {
      cancelled.push(postJson(`${here.url}/api/generations/${generation_id}/cancel`));
      await Promise.all(cancelled);
      await release(...claim);
    });
    const body = { message: 'Hi', conversation_id: randomUUID(), generation_id };
    expect((await postJson(`${here.url}/api/chat`, body)).status).toBe(404);
    spy.mockRestore();
    const answers = await Promise.all(cancelled);
    expect(answers.map(({ status }) => status)).toEqual([404]);
  });

  it('goes on while a reader elsewhere is left, and ends when that one leaves', async () => {
    ollama.next(script().tokens('a').hang());
    const chats = ollama.chats.length;
    const first = await begin();
    await first.take(1);
    const joined = await join(first);
    await joined.take(1);
    first.leave();
    const seen = await getJson(`${there.url}/api/generations/${idOf(first)}`);
    expect(seen.body).toMatchObject({ status: 'running', phase: 'generating', response: 'a' });
    joined.leave();
    expect(await ollama.chats[chats]?.closed).toBe('client_left');
    const receipt = await postJson(`${there.url}/api/generations/${idOf(first)}/cancel`);
    expect(receipt.body).toMatchObject({ status: 'cancelled', response: 'a' });
  });

  it('is cancelled with the same receipt from either', async () => {
    ollama.next(script().tokens('a', 'b').hang());
    const first = await begin();
    await first.take(2);
    const receipts = await Promise.all(
      [there, here, there].map(({ url }) =>
        postJson(`${url}/api/generations/${idOf(first)}/cancel`),
      ),
    );
    for (const { status, body } of receipts) {
      expect(status).toBe(200);
      expect(body).toEqual({
        id: idOf(first),
        status: 'cancelled',
        phase: 'generating',
        response: 'ab',
        thinking: null,
        thinking_ms: null,
        tool_calls: null,
        usage: null,
        upstream_closed: true,
      });
    }
    expect((await first.next())?.data).toMatchObject({ done: true, finish_reason: 'cancelled' });
  });

  it('is cancelled from elsewhere before its first token', async () => {
    ollama.next(script().hang());
    const chats = ollama.chats.length;
    const id = '44444444-2222-4333-8444-555555555555';
    const pending = begin({ generation_id: id });
    await ollama.chat(chats);
    const receipt = await postJson(`${there.url}/api/generations/${id}/cancel`);
    expect(receipt.body).toMatchObject({ status: 'cancelled', phase: 'prompt', response: '' });
    expect((await (await pending).rest()).at(-1)?.data).toMatchObject({
      finish_reason: 'cancelled',
    });
  });

  it('keeps its conversation busy for all, until a deletion from elsewhere ends it', async () => {
    ollama.next(script().tokens('a').hang());
    const first = await begin();
    await first.take(1);
    const conversation_id = first.response.headers.get('X-Conversation-Id') ?? '';
    const refused = await postJson(`${there.url}/api/chat`, { message: 'Hi', conversation_id });
    expect(refused.body).toMatchObject({
      reason: 'conversation_busy',
      active_generation_id: idOf(first),
    });
    const deleted = await fetch(`${there.url}/api/history/${conversation_id}`, {
      method: 'DELETE',
    });
    expect(deleted.status).toBe(200);
    expect((await first.next())?.data).toMatchObject({ reason: 'conversation_deleted' });
    expect((await getJson(`${here.url}/api/history/${conversation_id}`)).status).toBe(404);
  });

  it('answers simultaneous duplicates of one key once, on all workers', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    const chats = ollama.chats.length;
    const key = { 'Idempotency-Key': 'everywhere' };
    const pending = Array.from({ length: 8 }, (_, index) =>
      postJson(`${(index % 2 ? here : there).url}/api/chat`, { message: 'Hi' }, key),
    );
    await ollama.chat(chats);
    gate.open();
    const answers = await Promise.all(pending);
    expect(ollama.chats.length).toBe(chats + 1);
    expect(new Set(answers.map(({ body }) => body.response))).toEqual(new Set(['ab']));
    expect(new Set(answers.map(({ body }) => body.message_id)).size).toBe(1);
  });
});
