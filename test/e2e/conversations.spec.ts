import { randomUUID } from 'node:crypto';
import { FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import type { RecordedRequest } from '../support/recorded-request.js';
import { startService, type RunningService } from '../support/service.js';
import {
  describeOnEveryStore,
  describeOnSharedStores,
  type TestStorage,
} from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const said = (request: RecordedRequest | undefined): string[] =>
  (request?.body.messages ?? []).map(({ content }: { content: string }) => content);

describeOnEveryStore('conversations', (makeStorage) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    storage = await makeStorage();
    service = await startService(ollama, { history: { storage: storage.target } });
  });
  afterEach(async () => {
    ollama.assertNoUnexpected();
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const chat = (body: object, headers: Record<string, string> = {}) =>
    postJson(`${service.url}/api/chat`, body, headers);
  const asked = async (message: string, answer: string, more: object = {}) => {
    ollama.next(script().tokens(answer).done());
    const { status, body } = await chat({ message, ...more });
    expect(status).toBe(200);
    return body;
  };
  const read = (id: string, query = '', headers: Record<string, string> = {}) =>
    getJson(`${service.url}/api/history/${id}${query}`, headers);
  const put = (id: string, body: object, headers: Record<string, string> = {}) =>
    sendJson('PUT', `${service.url}/api/history/${id}`, body, headers);
  const remove = (path: string, headers: Record<string, string> = {}) =>
    sendJson('DELETE', `${service.url}/api/history/${path}`, undefined, headers);
  const texts = async (id: string, query = '') =>
    (await read(id, query)).body.messages.map(({ content }: { content: string }) => content);

  describe('branches', () => {
    it('keep both answers of a regenerated message and both forms of an edited one', async () => {
      const first = await asked('q0', 'a0');
      const id = first.conversation_id;
      const { body: list } = await read(id);
      expect(list.messages).toMatchObject([
        { parent_id: id, siblings: [list.messages[0].id] },
        { parent_id: list.messages[0].id, siblings: [first.message_id] },
      ]);
      expect(first.parent_id).toBe(list.messages[0].id);

      ollama.next(script().tokens('b0').done());
      const again = await chat({ conversation_id: id, regenerate: true });
      expect(again.body).toMatchObject({ response: 'b0', parent_id: first.parent_id });
      const second = await asked('q1', 'a1', { conversation_id: id });
      const edited = await asked('q2', 'a2', {
        conversation_id: id,
        parent_id: again.body.message_id,
      });
      expect(await texts(id)).toEqual(['q0', 'b0', 'q2', 'a2']);
      expect(said(ollama.chats.at(-1))).toEqual(['q0', 'b0', 'q2']);
      const { body } = await read(id);
      expect(body).toMatchObject({
        message_count: 4,
        message_total: 7,
        active_message_id: edited.message_id,
      });
      expect(body.messages[1].siblings).toEqual([first.message_id, again.body.message_id]);
      expect(body.messages[2].siblings).toEqual([second.parent_id, edited.parent_id]);

      expect(await texts(id, `?branch=${second.parent_id}`)).toEqual(['q0', 'b0', 'q1', 'a1']);
      expect(await texts(id, `?branch=${first.message_id.toUpperCase()}`)).toEqual(['q0', 'a0']);
      expect(await texts(id, '?branch=all')).toEqual(['q0', 'a0', 'b0', 'q1', 'a1', 'q2', 'a2']);
      expect(await texts(id, `?before=${edited.parent_id}&messages=1`)).toEqual(['b0']);
      const chosen = await put(id, { active_message_id: first.message_id });
      expect(chosen.body).toMatchObject({ message_count: 2, updated_at: body.updated_at });
      expect(await texts(id)).toEqual(['q0', 'a0']);
      await asked('q3', 'a3', { conversation_id: id });
      expect(said(ollama.chats.at(-1))).toEqual(['q0', 'a0', 'q3']);

      for (const unknown of ['x', edited.conversation_id]) {
        ollama.next(script().tokens('?').done(), 0);
        const refused = await chat({
          message: 'q',
          conversation_id: id,
          parent_id: `no-${unknown}`,
        });
        expect(refused).toMatchObject({ status: 404, body: { reason: 'message_not_found' } });
        expect((await read(id, `?branch=no-${unknown}`)).body.reason).toBe('message_not_found');
        const choice = await put(id, { active_message_id: `no-${unknown}` });
        expect(choice.body.reason).toBe('message_not_found');
      }
      expect((await read(id)).body).toMatchObject({ active_generation_id: null, message_total: 9 });
    });

    it('begin at the top, at an answer, and at a message that is to be answered again', async () => {
      const first = await asked('q0', 'a0', { system: 's' });
      const id = first.conversation_id;
      const system = (await read(id)).body.messages[0];
      await asked('r0', 'c0', { conversation_id: id, parent_id: id });
      expect(said(ollama.chats.at(-1))).toEqual(['s', 'r0']);
      await asked('t0', 'd0', { conversation_id: id, parent_id: system.id });
      expect(await texts(id)).toEqual(['s', 't0', 'd0']);
      const { body } = await read(id);
      expect(body.messages[1]).toMatchObject({ parent_id: id });
      expect(body.messages[1].siblings).toHaveLength(3);

      ollama.next(script().tokens('b0').done());
      const again = await chat({
        conversation_id: id,
        regenerate: true,
        parent_id: first.parent_id,
      });
      expect(again.body.parent_id).toBe(first.parent_id);
      expect(await texts(id)).toEqual(['s', 'q0', 'b0']);
      for (const parent of [first.message_id, id, system.id]) {
        const refused = await chat({ conversation_id: id, regenerate: true, parent_id: parent });
        expect(refused).toMatchObject({
          status: 400,
          body: { details: [{ field: 'parent_id' }] },
        });
      }
      const alone = await chat({ message: 'q', parent_id: first.message_id });
      expect(alone).toMatchObject({
        status: 400,
        body: { details: [{ field: 'conversation_id' }] },
      });
    });

    it('are left as they were by an answer that never began', async () => {
      const first = await asked('q0', 'a0');
      const id = first.conversation_id;
      const before = (await read(id)).body;
      ollama.next(script().error(500));
      const failed = await chat({ conversation_id: id, regenerate: true });
      expect(failed.status).toBe(503);
      expect((await read(id)).body).toEqual(before);
    });

    it('can be chosen while an answer on another one is written', async () => {
      const first = await asked('q0', 'a0');
      const id = first.conversation_id;
      const gate = new Gate();
      ollama.next(script().tokens('b').wait(gate).tokens('0').done());
      const stream = await StreamReader.post(`${service.url}/api/chat/stream`, {
        conversation_id: id,
        regenerate: true,
      });
      await stream.take(1);
      for (;;) if ((await texts(id))[1] === 'b') break;
      const running = (await read(id)).headers.get('ETag') ?? '';
      const chosen = await put(
        id,
        { active_message_id: first.message_id },
        { 'If-Match': running },
      );
      expect(chosen.status).toBe(200);
      gate.open();
      const events = await stream.rest();
      expect(events.at(-1)?.data).toMatchObject({ done: true, parent_id: first.parent_id });
      expect(await texts(id)).toEqual(['q0', 'a0']);
    });

    it('are deleted from a message down', async () => {
      const first = await asked('q0', 'a0');
      const id = first.conversation_id;
      const second = await asked('q1', 'a1', { conversation_id: id });
      await asked('q2', 'a2', { conversation_id: id, parent_id: first.message_id });
      const deleted = await remove(`${id}/messages/${second.parent_id}`);
      expect(deleted).toMatchObject({ status: 200, body: { deleted: 2 } });
      expect(await texts(id, '?branch=all')).toEqual(['q0', 'a0', 'q2', 'a2']);
      expect((await remove(`${id}/messages/${second.parent_id}`)).body.reason).toBe(
        'message_not_found',
      );
      expect((await remove(`${id}/messages/${first.message_id}`)).body).toMatchObject({
        deleted: 3,
      });
      expect((await read(id)).body).toMatchObject({
        active_message_id: first.parent_id,
        message_total: 1,
      });
      const set = await put(id, { system: 's' });
      const prompt = await remove(`${id}/messages/${set.body.messages[0].id}`);
      expect(prompt).toMatchObject({ status: 400, body: { reason: 'validation' } });

      const gate = new Gate();
      ollama.next(script().wait(gate).tokens('a').done());
      const waiting = chat({ message: 'q9', conversation_id: id });
      await ollama.chat(3);
      const busy = await remove(`${id}/messages/${first.parent_id}`);
      expect(busy).toMatchObject({ status: 409, body: { reason: 'conversation_busy' } });
      expect(busy.headers.get('Retry-After')).toBeTruthy();
      gate.open();
      expect((await waiting).status).toBe(200);
    });

    it('are copied into a conversation of their own', async () => {
      const first = await asked('q0', 'a0', { system: 's' });
      const id = first.conversation_id;
      await asked('q1', 'a1', { conversation_id: id });
      await put(id, { tags: ['t'], pinned: true });
      const fork = await postJson(`${service.url}/api/history/${id}/fork`, {
        message_id: first.message_id,
      });
      expect(fork).toMatchObject({
        status: 201,
        body: {
          title: 'q0',
          tags: ['t'],
          pinned: false,
          message_count: 3,
          forked_from: { conversation_id: id, message_id: first.message_id },
        },
      });
      expect(fork.headers.get('Location')).toBe(`/api/history/${fork.body.id}`);
      expect(fork.headers.get('ETag')).toBe('"1"');
      await asked('q2', 'a2', { conversation_id: fork.body.id });
      expect(said(ollama.chats.at(-1))).toEqual(['s', 'q0', 'a0', 'q2']);
      expect(await texts(id)).toEqual(['s', 'q0', 'a0', 'q1', 'a1']);
      const whole = await postJson(`${service.url}/api/history/${id}/fork`);
      expect(whole.body.messages).toHaveLength(5);
      const unknown = await postJson(`${service.url}/api/history/${id}/fork`, { message_id: 'x' });
      expect(unknown).toMatchObject({ status: 404, body: { reason: 'message_not_found' } });
    });
  });

  describe('settings', () => {
    it('are made with a conversation and used by its turns, each by itself', async () => {
      const made = await postJson(`${service.url}/api/history`, {
        system: 'Be brief',
        parameters: { temperature: 0.1, top_p: 0.2, stop: ['x'] },
        tags: [' a ', 'b', 'a', 'c\nd'],
      });
      expect(made).toMatchObject({
        status: 201,
        body: {
          title: 'New conversation',
          title_by: 'message',
          system: 'Be brief',
          parameters: { temperature: 0.1, top_p: 0.2, stop: ['x'] },
          tags: ['a', 'b', 'c d'],
          messages: [{ role: 'system', content: 'Be brief' }],
          active_message_id: null,
          message_count: 1,
          revision: 1,
        },
      });
      const { id } = made.body;
      expect(made.headers.get('Location')).toBe(`/api/history/${id}`);
      await asked('Hello there', 'Hi', { conversation_id: id, parameters: { top_p: 0.9 } });
      expect(said(ollama.chats.at(-1))).toEqual(['Be brief', 'Hello there']);
      expect(ollama.chats.at(-1)?.body.options).toMatchObject({
        temperature: 0.1,
        top_p: 0.9,
        stop: expect.arrayContaining(['x']),
      });
      expect((await read(id)).body).toMatchObject({
        title: 'Hello there',
        parameters: { temperature: 0.1, top_p: 0.2, stop: ['x'] },
      });
      await put(id, { parameters: { temperature: 0.3 }, system: null, title: ' Mine\n ' });
      await asked('More', 'Yes', { conversation_id: id });
      expect(said(ollama.chats.at(-1))).toEqual(['Hello there', 'Hi', 'More']);
      expect(ollama.chats.at(-1)?.body.options).toMatchObject({ temperature: 0.3, top_p: 1 });
      expect((await read(id)).body).toMatchObject({ title: 'Mine', title_by: 'user' });
      const bare = await postJson(`${service.url}/api/history`);
      expect(bare).toMatchObject({ status: 201, body: { messages: [], system: null } });
      const nothing = await postJson(`${service.url}/api/history`, null);
      expect(nothing).toMatchObject({ status: 400, body: { details: [{ field: 'body' }] } });
    });

    it('say which model answers', async () => {
      ollama.next(script().tokens('a').done());
      const made = await postJson(`${service.url}/api/history`, { model: 'llama2:latest' });
      const { body } = await chat({ message: 'q', conversation_id: made.body.id });
      expect(body).toMatchObject({ response: 'a', model: 'llama2:latest' });
    });

    it.each([
      [{}],
      [{ title: null }],
      [{ title: '' }],
      [{ tags: ['x'.repeat(51)] }],
      [{ tags: [' '] }],
      [{ tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }],
      [{ pinned: 'true' }],
      [{ parameters: { temperature: 2 } }],
      [{ parameters: { nothing: 1 } }],
      [{ system: '' }],
      [{ model: 'a b' }],
      [{ active_message_id: null }],
      [{ updated_at: 'now' }],
    ])('%j is refused, and nothing is changed', async (body) => {
      const { conversation_id: id } = await asked('q', 'a');
      const before = (await read(id)).body;
      expect(await put(id, body)).toMatchObject({ status: 400, body: { reason: 'validation' } });
      expect((await read(id)).body).toEqual(before);
    });
  });

  describe('the list', () => {
    it('is filtered, sorted, and walked with a cursor', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        const body = { title: `No. ${String(n)}`, tags: [n % 2 ? 'odd' : 'even'], pinned: n === 3 };
        ids.push((await postJson(`${service.url}/api/history`, body)).body.id);
      }
      const [a, b, c, d, e] = ids;
      await put(b ?? '', { archived: true });
      const list = async (query = '') => {
        const { status, body } = await getJson(`${service.url}/api/history?limit=2${query}`);
        return { status, body, ids: body.conversations?.map(({ id }: { id: string }) => id) };
      };
      const walk = async (query = '') => {
        const seen: string[] = [];
        let cursor = '';
        do {
          const page = await list(query + (cursor && `&cursor=${cursor}`));
          seen.push(...page.ids);
          cursor = page.body.next_cursor;
        } while (cursor);
        return seen;
      };
      expect((await walk('&sort=created_at')).sort()).toEqual([a, c, d, e].sort());
      expect((await walk('&archived=all')).sort()).toEqual([...ids].sort());
      expect(await walk('&archived=true')).toEqual([b]);
      expect(await walk('&pinned=true')).toEqual([d]);
      expect((await walk('&tag=even&order=asc')).sort()).toEqual([a, c, e].sort());
      expect((await list('&tag=even')).body).toMatchObject({ total: 3, offset: 0, limit: 2 });
      const { next_cursor: cursor } = (await list('&tag=even')).body;
      for (const query of [
        `&cursor=${cursor}`,
        `&tag=even&cursor=${cursor}x`,
        `&tag=even&offset=0&cursor=${cursor}`,
        '&archived=maybe',
        '&pinned=all',
        '&sort=title',
        '&order=up',
        '&tag=',
      ])
        expect(await list(query)).toMatchObject({ status: 400, body: { reason: 'validation' } });
      const tags = await getJson(`${service.url}/api/history/tags`);
      expect(tags.body).toEqual({
        tags: [
          { tag: 'even', count: 3 },
          { tag: 'odd', count: 2 },
        ],
      });
    });
  });

  describe('two devices', () => {
    it('change a conversation only as they know it', async () => {
      const { conversation_id: id, message_id: message } = await asked('q0', 'a0');
      const { headers } = await read(id);
      const etag = headers.get('ETag') ?? '';
      expect(etag).toMatch(/^"\d+"$/);
      const changed = await put(id, { title: 'One' }, { 'If-Match': etag });
      expect(changed.status).toBe(200);
      const newer = changed.headers.get('ETag');
      const stale = { 'If-Match': etag };
      const refusal = {
        status: 412,
        body: {
          code: 'PRECONDITION_FAILED',
          reason: 'conversation_changed',
          conversation: { id, title: 'One', revision: changed.body.revision },
        },
      };
      const refused = [
        await put(id, { title: 'Two' }, stale),
        await remove(`${id}/messages/${message}`, stale),
        await postJson(`${service.url}/api/history/${id}/fork`, {}, stale),
        await chat({ message: 'q1', conversation_id: id }, stale),
        await postJson(
          `${service.url}/api/chat/stream`,
          { message: 'q1', conversation_id: id },
          stale,
        ),
        await remove(id, stale),
        await put(id, { title: 'Two' }, { 'If-Match': `W/${String(newer)}` }),
      ];
      for (const answer of refused) {
        expect(answer).toMatchObject(refusal);
        expect(answer.headers.get('ETag')).toBe(newer);
      }
      expect((await read(id)).body).toEqual(changed.body);
      for (const wrong of ['5', '"5', 'x', '"5" "6"'])
        expect(await put(id, { title: 'Two' }, { 'If-Match': wrong })).toMatchObject({
          status: 400,
          body: { details: [{ field: 'If-Match' }] },
        });
      expect((await put(id, { title: 'Two' }, { 'If-Match': '*' })).status).toBe(200);
      const known = (await read(id)).headers.get('ETag') ?? '';
      ollama.next(script().tokens('a1').done());
      const next = await chat(
        { message: 'q1', conversation_id: id },
        { 'If-Match': `"0", ${known}` },
      );
      expect(next.status).toBe(200);
      expect(await texts(id)).toEqual(['q0', 'a0', 'q1', 'a1']);
      expect((await remove(id, { 'If-Match': known })).status).toBe(412);
    });

    it('of two at once that expect the same one wins', async () => {
      const { conversation_id: id } = await asked('q0', 'a0');
      const etag = (await read(id)).headers.get('ETag') ?? '';
      const results = await Promise.all(
        [1, 2, 3, 4].map((n) => put(id, { title: `T${String(n)}` }, { 'If-Match': etag })),
      );
      expect(results.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    });

    it('are not used up by a message that has no place there', async () => {
      const { conversation_id: id } = await asked('q0', 'a0');
      const known = { 'If-Match': (await read(id)).headers.get('ETag') ?? '' };
      const wrong = [
        { message: 'q1', parent_id: randomUUID() },
        { tool_results: [{ tool_call_id: 'call_none', content: 'x' }] },
      ];
      const refused = [];
      for (const body of wrong) refused.push(await chat({ conversation_id: id, ...body }, known));
      expect(refused.map(({ status }) => status)).toEqual([404, 400]);
      ollama.next(script().tokens('a1').done());
      const answered = await chat({ message: 'q1', conversation_id: id }, known);
      expect(answered.status).toBe(200);
    });

    it('that are not of now are 412 also while an answer is written', async () => {
      const { conversation_id: id } = await asked('q0', 'a0');
      const gate = new Gate();
      ollama.next(script().wait(gate).tokens('a1').done());
      const running = chat({ message: 'q1', conversation_id: id });
      await ollama.chat(1);
      const body = { message: 'q2', conversation_id: id };
      const stale = await chat(body, { 'If-Match': '"0"' });
      const [entry] = (await getJson(`${service.url}/api/history`)).body.conversations;
      expect([stale.status, stale.body.conversation]).toEqual([412, entry]);
      expect(stale.headers.get('ETag')).toBe((await read(id)).headers.get('ETag'));
      expect((await chat(body)).body.reason).toBe('conversation_busy');
      gate.open();
      await running;
    });

    it('are told when nothing has changed', async () => {
      const { conversation_id: id } = await asked('q0', 'a0');
      const etag = (await read(id)).headers.get('ETag') ?? '';
      const known = { 'If-None-Match': etag };
      expect((await read(id, '', known)).status).toBe(304);
      expect((await read(id, '?branch=all', known)).status).toBe(304);
      for (const place of ['branch', 'before'])
        expect((await read(id, `?${place}=${randomUUID()}`, known)).status).toBe(404);
      const gate = new Gate();
      ollama.next(script().wait(gate).tokens('a1').done());
      const running = chat({ message: 'q1', conversation_id: id });
      await ollama.chat(1);
      expect((await read(id, '', known)).status).toBe(200);
      gate.open();
      await running;
      expect((await read(id, '', known)).status).toBe(200);
    });
  });
});

describeOnSharedStores('conversations on several workers', (makeStorage) => {
  it('are changed in one order, by one of several that expect the same', async () => {
    const ollama = await FakeOllama.start({ name: 'llama2', capabilities: null });
    const storage = await makeStorage();
    const history = { storage: storage.target };
    const workers = [
      await startService(ollama, { history }),
      await startService(ollama, { history }),
    ];
    const [here, there] = workers.map(({ url }) => url);
    ollama.next(script().tokens('a0').done());
    const { body } = await postJson(`${here}/api/chat`, { message: 'q0' });
    const id = body.conversation_id;
    const { headers } = await getJson(`${there}/api/history/${id}`);
    const stale = { 'If-Match': headers.get('ETag') ?? '' };
    const results = await Promise.all(
      [here, there, here, there].map((url, n) =>
        sendJson('PUT', `${url}/api/history/${id}`, { title: `T${String(n)}` }, stale),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);

    const gate = new Gate();
    ollama.next(script().tokens('b').wait(gate).tokens('0').done());
    const stream = await StreamReader.post(`${here}/api/chat/stream`, {
      conversation_id: id,
      regenerate: true,
    });
    await stream.take(1);
    for (;;) {
      const found = (await getJson(`${there}/api/history/${id}`)).body;
      if (found.messages[1].siblings.length === 2) break;
    }
    const chosen = await sendJson('PUT', `${there}/api/history/${id}`, {
      active_message_id: body.message_id,
    });
    expect(chosen.body.active_message_id).toBe(body.message_id);
    const busy = await sendJson('DELETE', `${there}/api/history/${id}/messages/${body.parent_id}`);
    expect(busy).toMatchObject({ status: 409, body: { reason: 'conversation_busy' } });
    gate.open();
    await stream.rest();
    const { body: end } = await getJson(`${there}/api/history/${id}`);
    expect(end.messages.map(({ content }: { content: string }) => content)).toEqual(['q0', 'a0']);
    expect(end).toMatchObject({ message_total: 3, active_generation_id: null });
    await Promise.all(workers.map((worker) => worker.close()));
    await storage.dispose();
    await ollama.close();
  });
});
