import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader, type StreamEvent } from '../support/stream-reader.js';

/** The events' stream of an owner, which is open. */
async function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<StreamReader> {
  const reader = await StreamReader.open(url, { headers });
  expect(reader.response.status).toBe(200);
  expect(reader.response.headers.get('Content-Type')).toBe('text/event-stream');
  return reader;
}

const brief = (told: StreamEvent[]) =>
  told.map(({ data }) => [
    data.type,
    ...(data.changed ?? []),
    ...(data.status ? [data.status] : []),
  ]);

describeOnEveryStore('the events of an owner', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  const open = (query = '', headers: Record<string, string> = {}) =>
    openEvents(`${service.url}/api/events${query}`, headers);
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    storage = await makeStorage();
    service = await startService(ollama, { history: { storage: storage.target } });
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  it('are told as they happen, each with the conversation as it is now', async () => {
    const reader = await open();
    const [ready] = await reader.take(1);
    expect(ready?.data).toEqual({ type: 'ready' });
    expect(ready?.cursor).toMatch(/^\d+-[0-9a-f]{8}$/);

    const gate = new Gate();
    ollama.next(script().tokens('Hi').wait(gate).tokens('!').done());
    const answering = postJson(`${service.url}/api/chat`, { message: 'Hello' });
    const begun = await reader.take(2);
    expect(brief(begun)).toEqual([['conversation.created'], ['generation.started', 'running']]);
    gate.open();
    const { body } = await answering;
    const id = body.conversation_id;
    const [ended] = await reader.take(1);
    expect(ended?.data).toMatchObject({
      type: 'generation.ended',
      status: 'completed',
      conversation_id: id,
      generation_id: body.generation_id,
      message_id: body.message_id,
      revision: 2,
      conversation: { id, title: 'Hello', revision: 2, message_count: 2 },
    });
    expect(new Date(ended?.data.time).getTime()).toBeGreaterThan(0);

    await sendJson('PUT', `${service.url}/api/history/${id}`, { title: 'T', tags: ['a'] });
    const fork = await postJson(`${service.url}/api/history/${id}/fork`);
    await sendJson('DELETE', `${service.url}/api/history/${id}/messages/${body.message_id}`);
    await sendJson('DELETE', `${service.url}/api/history/${id}`);
    const rest = await reader.take(4);
    expect(brief(rest)).toEqual([
      ['conversation.changed', 'title', 'tags'],
      ['conversation.created'],
      ['conversation.changed', 'messages'],
      ['conversation.deleted'],
    ]);
    expect(rest[1]?.data).toMatchObject({ conversation_id: fork.body.id, revision: 1 });
    expect(rest[3]?.data).toMatchObject({ conversation_id: id, conversation: null });
    reader.leave();

    for (const [query, headers] of [
      [`?after=${String(ready?.cursor)}`, {}],
      ['', { 'Last-Event-ID': String(ready?.cursor) }],
    ] as const) {
      const again = await open(query, headers);
      const all = await again.take(8);
      expect(all.map((each) => each.cursor).slice(0, 7)).toEqual(
        [...begun, ended, ...rest].map((each) => each?.cursor),
      );
      expect(all[7]?.data).toEqual({ type: 'ready' });
      again.leave();
    }
    const last = await open(`?after=${String(rest[3]?.cursor)}`);
    expect((await last.take(1))[0]?.data).toEqual({ type: 'ready' });
    await postJson(`${service.url}/api/history`);
    expect(brief(await last.take(1))).toEqual([['conversation.created']]);
    last.leave();
  });

  it('are told once to who comes just before they are told to others', async () => {
    const first = await open();
    let cursor = (await first.take(1))[0]?.cursor;
    // Most of these readers read the change by themselves before all are told it.
    for (let round = 0; round < 5; round += 1) {
      await postJson(`${service.url}/api/history`, { title: `a${round}` });
      const later = await open(`?after=${String(cursor)}`);
      expect(brief(await later.take(2))).toEqual([['conversation.created'], ['ready']]);
      await first.take(1);
      await postJson(`${service.url}/api/history`, { title: `b${round}` });
      const [next] = await later.take(1);
      expect(next?.data.conversation.title).toBe(`b${round}`);
      cursor = (await first.take(1))[0]?.cursor;
      expect(next?.cursor).toBe(cursor);
      later.leave();
    }
    first.leave();
  });

  it('begin anew for a cursor of another state of the store, and refuse what is none', async () => {
    const reader = await open('?after=999999999-0123abcd');
    expect(brief(await reader.take(2))).toEqual([['reset'], ['ready']]);
    await postJson(`${service.url}/api/history`, { title: 'T' });
    expect(brief(await reader.take(1))).toEqual([['conversation.created']]);
    reader.leave();
    for (const wrong of ['x', '5', '-', ''])
      expect(await getJson(`${service.url}/api/events?after=${wrong}`)).toMatchObject({
        status: 400,
        body: { reason: 'validation' },
      });
    const header = await getJson(`${service.url}/api/events`, { 'Last-Event-ID': '7' });
    expect(header).toMatchObject({ status: 400, body: { details: [{ field: 'Last-Event-ID' }] } });
  });

  it('end before all else when the service is stopped', async () => {
    const reader = await open();
    await reader.take(1);
    const closing = service.close();
    expect(await reader.next()).toBeNull();
    await closing;
    service = await startService(ollama);
  });
});

describeOnSharedStores('events of several workers', (makeStorage) => {
  it('are the same for readers of each, and of their owner alone', async () => {
    const ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const workers = await Promise.all([
      startService(ollama, { history }),
      startService(ollama, { history }),
    ]);
    const readers = await Promise.all(workers.map(({ url }) => openEvents(`${url}/api/events`)));
    for (const reader of readers) await reader.take(1);
    ollama.always(script().tokens('a').done());
    await Promise.all(
      Array.from({ length: 6 }, async (_, n) => {
        const url = workers[n % 2]?.url ?? '';
        const { body } = await postJson(`${url}/api/chat`, { message: `q${n}` });
        await sendJson('PUT', `${url}/api/history/${body.conversation_id}`, { title: `T${n}` });
      }),
    );
    const [here, there] = await Promise.all(readers.map((reader) => reader.take(24)));
    expect(here?.map(({ cursor }) => cursor)).toEqual(there?.map(({ cursor }) => cursor));
    expect(new Set(here?.map(({ cursor }) => cursor)).size).toBe(24);
    for (const reader of readers) reader.leave();
    await Promise.all(workers.map((worker) => worker.close()));
    await storage.dispose();
    await ollama.close();
  });
});

describe('readers of events', () => {
  it('are twenty at most for a client', async () => {
    const ollama = await FakeOllama.start();
    const service = await startService(ollama, {
      rateLimit: { enabled: true, readRequests: 1000 },
    });
    const url = `${service.url}/api/events`;
    const readers = await Promise.all(Array.from({ length: 20 }, () => openEvents(url)));
    for (const reader of readers) await reader.take(1);
    const refused = await getJson(url);
    expect(refused).toMatchObject({ status: 429, body: { reason: 'streams_limit' } });
    expect(refused.headers.get('Retry-After')).toBeTruthy();
    readers[0]?.leave();
    for (;;) {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.status === 200) break;
    }
    for (const reader of readers) reader.leave();
    await service.close();
    await ollama.close();
  });
});
