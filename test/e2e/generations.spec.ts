import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { startService, type RunningService } from '../support/service.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';
import { StreamReader, textOf } from '../support/stream-reader.js';

describeOnEveryStore('generations beyond their connection', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  let stream: string;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    storage = await makeStorage();
    const history = { storage: storage.target, maxConversations: 0 };
    service = await startService(ollama, { history });
    stream = `${service.url}/api/chat/stream`;
  });
  afterEach(() => ollama.assertNoUnexpected());
  afterAll(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const generationOf = (reader: StreamReader): string =>
    reader.response.headers.get('X-Generation-Id') ?? '';
  const resume = (id: string, query = '', headers = {}): Promise<StreamReader> =>
    StreamReader.open(`${service.url}/api/generations/${id}/stream${query}`, { headers });
  const status = (id: string, path: string): Promise<number> =>
    fetch(`${service.url}/api/generations/${id}/stream${path}`).then((answered) => {
      void answered.body?.cancel();
      return answered.status;
    });

  /** The newest message of a conversation, which is kept a moment after its first token. */
  const lastMessage = async (conversation: string) => {
    for (;;) {
      const { status: found, body } = await getJson(`${service.url}/api/history/${conversation}`);
      if (found === 200) return body.messages.at(-1);
    }
  };

  describe('resume and join', () => {
    it('gives a second reader the same bytes as the first', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
      const body = { message: 'Hi', stream_options: { ids: true } };
      const first = await StreamReader.post(stream, body);
      await first.take(2);
      const second = await resume(generationOf(first));
      gate.open();
      await Promise.all([first.rest(), second.rest()]);
      expect(second.raw).toBe(first.raw);
      const replay = await resume(generationOf(first));
      await replay.rest();
      expect(replay.raw).toBe(first.raw);
    });

    it('goes on after a number, each later event once and in order', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b', 'c').wait(gate).tokens('d').done());
      const first = await StreamReader.post(stream, { message: 'Hi', on_disconnect: 'continue' });
      await first.take(3);
      first.leave();
      const second = await resume(generationOf(first), '?after=1');
      expect((await second.take(2)).map(({ id, data }) => [id, data.token])).toEqual([
        [2, 'b'],
        [3, 'c'],
      ]);
      second.leave();
      const third = await resume(generationOf(first), '', { 'Last-Event-ID': '3' });
      gate.open();
      const rest = await third.rest();
      expect(rest.map(({ id }) => id)).toEqual([4, 5]);
      expect(rest[1]?.data).toMatchObject({ done: true, finish_reason: 'stop' });
    });

    it('stops an EventSource with 204 after the last event, and refuses numbers that are none', async () => {
      ollama.next(answer('a'));
      const reader = await StreamReader.post(stream, { message: 'Hi' });
      await reader.rest();
      const id = generationOf(reader);
      expect(await status(id, '?after=2')).toBe(204);
      expect(await status(id, '?after=1')).toBe(200);
      for (const wrong of ['?after=3', '?after=-1', '?after=', '?after=0x1', '?after=1&after=1']) {
        expect(await status(id, wrong)).toBe(400);
      }
    });

    it('lets Last-Event-ID win over the address: whoever reconnects sends it', async () => {
      ollama.next(answer('a', 'b', 'c'));
      const reader = await StreamReader.post(stream, { message: 'Hi' });
      await reader.rest();
      const id = generationOf(reader);
      const again = await resume(id, '?after=1', { 'Last-Event-ID': '3' });
      expect((await again.rest()).map((event) => event.id)).toEqual([4]);
      const url = `${service.url}/api/generations/${id}/stream?after=1`;
      const read = (header: string) => getJson(url, { 'Last-Event-ID': header });
      expect((await read('4')).status).toBe(204);
      for (const wrong of ['5', 'x', '-1', '1.0', '0x1', '1, 1', '9'.repeat(20)]) {
        const { status: refused, body } = await read(wrong);
        expect({ wrong, refused }).toEqual({ wrong, refused: 400 });
        expect(body.details).toMatchObject([{ field: 'Last-Event-ID' }]);
      }
    });

    it('is joined by an EventSource at `seq` of a message, which then stops by itself', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
      const first = await StreamReader.post(stream, { message: 'Hi', on_disconnect: 'continue' });
      await first.take(2);
      const conversation = first.response.headers.get('X-Conversation-Id') ?? '';
      const { seq, generation_id } = await lastMessage(conversation);
      expect(seq).toBe(2);
      const joined = await resume(generation_id, `?after=${String(seq)}`);
      gate.open();
      const events = await joined.rest();
      expect(events.map(({ id }) => id)).toEqual([3, 4]);
      // As the browser does it: the same address, and the last id beside it.
      const back = `${service.url}/api/generations/${String(generation_id)}/stream?after=${String(seq)}`;
      expect((await getJson(back, { 'Last-Event-ID': '4' })).status).toBe(204);
      await first.rest();
    });

    it('does not know another id', async () => {
      expect(await status('00000000-0000-4000-8000-000000000000', '')).toBe(404);
    });
  });

  describe('cancel', () => {
    it('tells in the prompt phase what it had come to, the same each time', async () => {
      ollama.next(script().hang());
      const id = '22222222-2222-4333-8444-555555555555';
      const pending = StreamReader.post(stream, { message: 'Hi', generation_id: id });
      const chat = await ollama.chat(ollama.chats.length);
      const first = await postJson(`${service.url}/api/generations/${id}/cancel`);
      expect(first.status).toBe(200);
      expect(first.body).toEqual({
        id,
        status: 'cancelled',
        phase: 'prompt',
        response: '',
        thinking: null,
        thinking_ms: null,
        tool_calls: null,
        usage: null,
        upstream_closed: true,
      });
      expect(await chat.closed).toBe('client_left');
      const again = await postJson(`${service.url}/api/generations/${id}/cancel`);
      expect(again.body).toEqual(first.body);
      const events = await (await pending).rest();
      expect(events.map(({ data }) => data.finish_reason)).toEqual(['cancelled']);
    });

    it('ends the stream with a done that says cancelled', async () => {
      ollama.next(script().tokens('Half').hang());
      const reader = await StreamReader.post(stream, { message: 'Hi' });
      await reader.take(1);
      await postJson(`${service.url}/api/generations/${generationOf(reader)}/cancel`);
      expect((await reader.next())?.data).toMatchObject({ done: true, finish_reason: 'cancelled' });
    });

    it('leaves a finished one its own end', async () => {
      ollama.next(answer('whole'));
      const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      const receipt = await postJson(`${service.url}/api/generations/${body.generation_id}/cancel`);
      expect(receipt.body).toMatchObject({
        status: 'completed',
        phase: 'ended',
        response: 'whole',
      });
    });
  });

  describe('without a connection', () => {
    it('answers 202, runs on and is read later', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).tokens('b').done());
      const begun = await postJson(
        `${service.url}/api/chat`,
        { message: 'Hi' },
        { Prefer: 'respond-async' },
      );
      expect(begun.status).toBe(202);
      expect(begun.headers.get('Location')).toBe(`/api/generations/${begun.body.id}`);
      expect(begun.headers.get('Preference-Applied')).toBe('respond-async');
      expect(begun.body).toMatchObject({ finished_at: null, error: null });
      const reader = await resume(begun.body.id);
      await reader.take(1);
      const running = await getJson(`${service.url}/api/generations/${begun.body.id}`);
      expect(running.body).toMatchObject({
        status: 'running',
        phase: 'generating',
        response: 'a',
      });
      gate.open();
      await reader.rest();
      const ended = await getJson(`${service.url}/api/generations/${begun.body.id}`);
      expect(ended.body).toMatchObject({
        status: 'completed',
        phase: 'ended',
        response: 'ab',
        finish_reason: 'stop',
      });
    });
  });

  describe('respond-async with wait', () => {
    const ask = (prefer: string, headers: Record<string, string> = {}) =>
      postJson(`${service.url}/api/chat`, { message: 'Hi' }, { Prefer: prefer, ...headers });

    it.each(['respond-async; wait=30', 'Respond-Async, Wait="30"', 'wait=30, respond-async'])(
      'is the whole answer when that comes in time: %s',
      async (prefer) => {
        ollama.next(answer('in', ' time'));
        const { status: ok, body, headers } = await ask(prefer);
        expect(ok).toBe(200);
        expect(body).toMatchObject({ response: 'in time', finish_reason: 'stop' });
        expect(headers.get('X-Generation-Id')).toBe(body.generation_id);
      },
    );

    it('is 202 when the time is over, and the answer goes on without its reader', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).tokens('b').done());
      const { status: accepted, body, headers } = await ask('respond-async, wait=1');
      expect(accepted).toBe(202);
      expect(headers.get('Location')).toBe(`/api/generations/${body.id}`);
      expect(headers.get('Preference-Applied')).toBe('respond-async');
      expect(body).toMatchObject({ status: 'running', response: 'a' });
      gate.open();
      await (await resume(body.id)).rest();
      const ended = await getJson(`${service.url}/api/generations/${body.id}`);
      expect(ended.body).toMatchObject({ status: 'completed', response: 'ab' });
    });

    it('is the failure, with its status, when that comes in time', async () => {
      ollama.next(script().error(500));
      expect((await ask('respond-async; wait=30')).status).toBe(503);
    });

    it('goes on when the client does not wait so long', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).tokens('b').done());
      const id = '66666666-2222-4333-8444-555555555555';
      const leave = new AbortController();
      const sent = ollama.chats.length;
      const left = fetch(`${service.url}/api/chat`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'respond-async; wait=600' },
        body: JSON.stringify({ message: 'Hi', generation_id: id }),
        signal: leave.signal,
      }).catch(() => null);
      await ollama.chat(sent);
      leave.abort();
      await left;
      const reader = await resume(id);
      gate.open();
      expect(textOf(await reader.rest())).toBe('ab');
    });

    it.each(['respond-async; wait=0', 'respond-async; wait=-1', 'respond-async, wait=soon'])(
      'waits for nothing: %s',
      async (prefer) => {
        const gate = new Gate();
        ollama.next(script().tokens('a').wait(gate).done());
        expect((await ask(prefer)).status).toBe(202);
        gate.open();
      },
    );

    it.each(['wait=30', 'respond-async=no', 'foo="respond-async"', 'return=minimal'])(
      'is not asked for by %s',
      async (prefer) => {
        ollama.next(answer('a'));
        const { status: ok, headers } = await ask(prefer);
        expect(ok).toBe(200);
        expect(headers.get('Preference-Applied')).toBeNull();
      },
    );

    it('has no body with return=minimal, and its headers say all', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).done());
      const { status: accepted, body, headers } = await ask('respond-async, Return="Minimal"');
      expect({ accepted, body }).toEqual({ accepted: 202 });
      expect(headers.get('Preference-Applied')).toBe('respond-async, return=minimal');
      const id = headers.get('X-Generation-Id') ?? '';
      expect(headers.get('Location')).toBe(`/api/generations/${id}`);
      gate.open();
      expect(textOf(await (await resume(id)).rest())).toBe('a');
    });

    it('is understood in several headers', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a').wait(gate).done());
      const headers = new Headers({ 'Content-Type': 'application/json', Prefer: 'foo=bar' });
      headers.append('Prefer', 'RESPOND-ASYNC');
      const body = JSON.stringify({ message: 'Hi' });
      const begun = await fetch(`${service.url}/api/chat`, { method: 'POST', headers, body });
      expect(begun.status).toBe(202);
      await begun.body?.cancel();
      gate.open();
    });
  });

  describe('a retry of a streamed request', () => {
    const body = { message: 'Hi', stream_options: { ids: true } };
    const retry = (key: string, lastEventId?: string): Promise<StreamReader> =>
      StreamReader.post(stream, body, {
        'Idempotency-Key': key,
        ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      });

    it('goes on after the last event that it has, with the same bytes', async () => {
      ollama.next(answer('a', 'b', 'c', 'd', 'e'));
      const first = await retry('r-1');
      await first.rest();
      const second = await retry('r-1', '4');
      expect((await second.rest()).map(({ id }) => id)).toEqual([5, 6]);
      expect(first.raw.endsWith(second.raw)).toBe(true);
      expect(second.response.headers.get('Idempotency-Replayed')).toBe('true');
      const whole = await retry('r-1', '0');
      await whole.rest();
      expect(whole.raw).toBe(first.raw);
    });

    it('joins an answer that is still written, after the last event that it has', async () => {
      const gate = new Gate();
      ollama.next(script().tokens('a', 'b').wait(gate).tokens('c').done());
      const first = await retry('r-2');
      await first.take(2);
      first.leave();
      const second = await retry('r-2', '1');
      expect((await second.take(1)).map(({ id, data }) => [id, data.token])).toEqual([[2, 'b']]);
      gate.open();
      expect((await second.rest()).map(({ id }) => id)).toEqual([3, 4]);
    });

    it('is 204 after the last event, and 400 for a number that is none', async () => {
      ollama.next(answer('a', 'b'));
      await (await retry('r-3')).rest();
      const ask = (lastEventId: string) =>
        postJson(stream, body, { 'Idempotency-Key': 'r-3', 'Last-Event-ID': lastEventId });
      expect((await ask('3')).status).toBe(204);
      for (const wrong of ['4', 'x', '-1']) {
        const refused = await ask(wrong);
        expect(refused.status).toBe(400);
        expect(refused.body.details).toMatchObject([{ field: 'Last-Event-ID' }]);
      }
    });

    it('does not look at the number where nothing is replayed', async () => {
      ollama.next(answer('a', 'b'), 2);
      const fresh = await retry('r-4', '1');
      expect((await fresh.rest()).map(({ id }) => id)).toEqual([1, 2, 3]);
      const without = await StreamReader.post(stream, body, { 'Last-Event-ID': 'x' });
      expect(await without.rest()).toHaveLength(3);
    });
  });

  describe('Idempotency-Key', () => {
    it('runs simultaneous duplicates once and gives all the same answer', async () => {
      ollama.next(answer('once'));
      const sent = ollama.chats.length;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          postJson(`${service.url}/api/chat`, { message: 'Hi' }, { 'Idempotency-Key': 'k-1' }),
        ),
      );
      expect(ollama.chats.length).toBe(sent + 1);
      expect(new Set(answers.map(({ body }) => body.generation_id)).size).toBe(1);
      const replayed = answers.filter(({ headers }) => headers.get('Idempotency-Replayed'));
      expect(replayed).toHaveLength(7);
    });

    it('replays the same stream, and refuses another body or route', async () => {
      ollama.next(answer('a', 'b'));
      const key = { 'Idempotency-Key': 'k-2' };
      const first = await StreamReader.post(stream, { message: 'Hi', model: 'llama2' }, key);
      await first.rest();
      const again = await StreamReader.post(stream, { model: 'llama2', message: 'Hi' }, key);
      await again.rest();
      expect(again.raw).toBe(first.raw);
      expect(again.response.headers.get('Idempotency-Replayed')).toBe('true');
      const other = await postJson(stream, { message: 'Ho', model: 'llama2' }, key);
      expect(other.body).toMatchObject({ reason: 'idempotency_mismatch' });
      const route = await postJson(
        `${service.url}/api/chat`,
        { message: 'Hi', model: 'llama2' },
        key,
      );
      expect(route.status).toBe(409);
    });

    it('frees the key of a try that failed before its first token', async () => {
      ollama.next(script().error(500)).next(answer('ok'));
      const key = { 'Idempotency-Key': 'k-3' };
      const request = { message: 'Hi', generation_id: '33333333-2222-4333-8444-555555555555' };
      expect((await postJson(`${service.url}/api/chat`, request, key)).status).toBe(503);
      const second = await postJson(`${service.url}/api/chat`, request, key);
      expect(second.status).toBe(200);
      expect(second.headers.get('Idempotency-Replayed')).toBeNull();
    });
  });

  describe('regenerate', () => {
    it('answers the last message anew in place of the last answer', async () => {
      ollama.next(answer('first try')).next(answer('second try'));
      const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      const { conversation_id } = body;
      const again = await postJson(`${service.url}/api/chat`, {
        conversation_id,
        regenerate: true,
      });
      expect(again.body.response).toBe('second try');
      expect(ollama.chats.at(-1)?.body.messages).toEqual([{ role: 'user', content: 'Hi' }]);
      const history = await getJson(`${service.url}/api/history/${conversation_id}`);
      expect(history.body.messages.map((message: { content: string }) => message.content)).toEqual([
        'Hi',
        'second try',
      ]);
      expect(history.body.message_count).toBe(2);
    });

    it('leaves the old answer when the new one does not begin', async () => {
      ollama.next(answer('first try')).next(script().error(500));
      const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      const { conversation_id } = body;
      await postJson(`${service.url}/api/chat`, { conversation_id, regenerate: true });
      const history = await getJson(`${service.url}/api/history/${conversation_id}`);
      expect(history.body.messages[1]).toMatchObject({ content: 'first try', status: 'complete' });
    });
  });

  it('deletes a conversation under its running answer, for good', async () => {
    ollama.next(script().tokens('Half').hang());
    const reader = await StreamReader.post(stream, { message: 'Hi' });
    await reader.take(1);
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    const deleted = await fetch(`${service.url}/api/history/${id}`, { method: 'DELETE' });
    expect(deleted.status).toBe(200);
    expect((await reader.next())?.data).toMatchObject({
      code: 'CONFLICT',
      reason: 'conversation_deleted',
    });
    expect((await getJson(`${service.url}/api/history/${id}`)).status).toBe(404);
  });

  it('gives a real 409 to one that had not answered yet when its conversation went', async () => {
    ollama.next(answer('one')).next(script().hang());
    const { body } = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    const { conversation_id } = body;
    const sent = ollama.chats.length;
    const pending = postJson(stream, { message: 'More', conversation_id });
    await ollama.chat(sent);
    await fetch(`${service.url}/api/history/${conversation_id}`, { method: 'DELETE' });
    expect((await pending).body).toMatchObject({ reason: 'conversation_deleted' });
  });

  it('passes the text of a reader that left within its grace on to one that comes back', async () => {
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).tokens('b').done());
    const first = await StreamReader.post(stream, { message: 'Hi', on_disconnect: 'grace' });
    await first.take(1);
    first.leave();
    const second = await resume(generationOf(first), '?after=1');
    gate.open();
    expect(textOf(await second.rest())).toBe('b');
  });
});
