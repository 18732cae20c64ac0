import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ChatOllama } from '@langchain/ollama';
import type { Engine, GenerateRequest, Piece } from '../../local-model/engine/engine.mjs';
import { BusyError } from '../../local-model/engine/engine.mjs';
import { createScriptedEngine } from '../../local-model/engine/scripted-engine.mjs';
import { createModelServer } from '../../local-model/http/server.mjs';

const MODEL = 'scripted-demo';
const scripted = createScriptedEngine({ msPerWord: 0 });

/** An engine whose answer the test writes. */
function engineThat(generate: (request: GenerateRequest) => AsyncIterable<Piece>): Engine {
  return { ...scripted, generate };
}

async function* speak(texts: string[], then: () => Promise<void>): AsyncGenerator<Piece> {
  for (const text of texts) yield { kind: 'text', text };
  await then();
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("local-model speaks Ollama's HTTP API", () => {
  let server: Server | undefined;
  let failures: string[];

  async function serve(engine: Engine): Promise<string> {
    failures = [];
    server = createModelServer(engine, (text) => failures.push(text));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function post(url: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(url, { method: 'POST', body: text, ...(signal && { signal }) });
  }

  function ask(options: Record<string, unknown> = {}, more: Record<string, unknown> = {}): unknown {
    return { model: MODEL, messages: [{ role: 'user', content: 'Hello' }], options, ...more };
  }

  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('lists its one model and tells its context length', async () => {
    const url = await serve(scripted);
    expect(await (await fetch(`${url}/api/tags`)).json()).toEqual({
      models: [
        expect.objectContaining({
          name: 'scripted-demo:latest',
          model: 'scripted-demo:latest',
          size: 0,
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
          details: expect.objectContaining({ family: 'scripted', parameter_size: '0' }),
        }),
      ],
    });
    expect(await (await post(`${url}/api/show`, { model: MODEL })).json()).toMatchObject({
      model_info: { 'general.architecture': 'scripted', 'scripted.context_length': 8192 },
      capabilities: ['completion'],
    });
    expect(await (await fetch(`${url}/api/version`)).json()).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+\+local-model$/),
    });
  });

  it('streams one JSON object a line, the last with the counts', async () => {
    const url = await serve(scripted);
    const response = await post(`${url}/api/chat`, ask());
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const last = lines.pop();
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      expect(line).toEqual({
        model: MODEL,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        message: { role: 'assistant', content: expect.any(String) },
        done: false,
      });
    }
    expect(last).toMatchObject({
      model: MODEL,
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 1,
      eval_count: lines.length,
    });
    expect(last.total_duration).toBeGreaterThan(0);
  });

  it('says in each scripted answer that no model is running', async () => {
    const url = await serve(scripted);
    const response = await post(`${url}/api/chat`, ask({}, { stream: false }));
    const opening = /^\[scripted-demo\] This answer is scripted: no language model is running\./;
    expect(await response.json()).toMatchObject({
      message: { content: expect.stringMatching(opening) },
      done: true,
    });
  });

  it('honours num_predict and stop', async () => {
    const url = await serve(scripted);
    const short = await post(`${url}/api/chat`, ask({ num_predict: 3 }, { stream: false }));
    expect(await short.json()).toMatchObject({
      message: { content: '[scripted-demo] This answer' },
      done_reason: 'length',
      eval_count: 3,
    });
    const stopped = await post(`${url}/api/chat`, ask({ stop: ['er is'] }, { stream: false }));
    expect(await stopped.json()).toMatchObject({
      message: { content: '[scripted-demo] This answ' },
      done_reason: 'stop',
    });
  });

  it("is read by LangChain's client", async () => {
    const model = new ChatOllama({ baseUrl: await serve(scripted), model: MODEL, numPredict: 5 });
    const answer = await model.invoke('Hello');
    expect(answer.content).toBe('[scripted-demo] This answer is scripted:');
    expect(answer.usage_metadata).toMatchObject({ input_tokens: 1, output_tokens: 5 });
  });

  it("refuses an unknown model with Ollama's words", async () => {
    const url = await serve(scripted);
    const chat = await post(`${url}/api/chat`, { model: 'nope', messages: [] });
    expect([chat.status, await chat.json()]).toEqual([
      404,
      { error: 'model "nope" not found, try pulling it first' },
    ]);
    const show = await post(`${url}/api/show`, { model: 'nope' });
    expect([show.status, await show.json()]).toEqual([404, { error: "model 'nope' not found" }]);
  });

  it.each([
    ['no JSON', '{"mode'],
    ['no body', ''],
    ['no object', []],
    ['no model', { messages: [] }],
    ['no such role', { model: MODEL, messages: [{ role: 'robot', content: '' }] }],
    ['a text for a number', ask({ temperature: 'hot' })],
    ['tools', ask({}, { tools: [{}] })],
    ['thinking', ask({}, { think: true })],
    ['another format', ask({}, { format: 'xml' })],
    ['a format that the engine cannot follow', ask({}, { format: 'json' })],
  ])('refuses %s', async (_name, body) => {
    const response = await post(`${await serve(scripted)}/api/chat`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });

  it('knows no other routes and methods', async () => {
    const url = await serve(scripted);
    expect((await fetch(`${url}/api/pull`)).status).toBe(404);
    expect((await fetch(`${url}/constructor`)).status).toBe(404);
    const wrong = await fetch(`${url}/api/chat`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('aborts the generation when the client leaves', async () => {
    const aborted = deferred();
    const url = await serve(
      engineThat(({ signal }) =>
        speak(['first'], async () => {
          if (!signal.aborted) await once(signal, 'abort');
          aborted.resolve();
          signal.throwIfAborted();
        }),
      ),
    );
    const leave = new AbortController();
    const response = await post(`${url}/api/chat`, ask(), leave.signal);
    await response.body?.getReader().read();
    leave.abort();
    await aborted.promise;
    expect(failures).toEqual([]);
  });

  it('aborts a generation that has not answered yet', async () => {
    const begun = deferred();
    const aborted = deferred();
    const url = await serve(
      engineThat(({ signal }) =>
        speak([], async () => {
          begun.resolve();
          await once(signal, 'abort');
          aborted.resolve();
          signal.throwIfAborted();
        }),
      ),
    );
    const leave = new AbortController();
    const asking = expect(post(`${url}/api/chat`, ask(), leave.signal)).rejects.toThrow();
    await begun.promise;
    leave.abort();
    await asking;
    await aborted.promise;
    expect(failures).toEqual([]);
  });

  it.each([
    ['before the first token: a status', [], 500],
    ['after it: a line', ['half'], 200],
  ])('tells of a failure %s', async (_name, texts, status) => {
    const broken = async (): Promise<void> => Promise.reject(new Error('secret detail'));
    const url = await serve(engineThat(() => speak(texts, broken)));
    const response = await post(`${url}/api/chat`, ask());
    expect(response.status).toBe(status);
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines).toHaveLength(texts.length + 1);
    expect(lines.at(-1)).toBe('{"error":"internal error"}');
    expect(failures.join()).toContain('secret detail');
  });

  it('says that it is busy when too many wait', async () => {
    const busy = async (): Promise<void> => Promise.reject(new BusyError());
    const url = await serve(engineThat(() => speak([], busy)));
    const response = await post(`${url}/api/chat`, ask());
    expect([response.status, failures]).toEqual([503, []]);
  });
});
