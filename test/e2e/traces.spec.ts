import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { freePort } from '../support/free-port.js';
import { postJson } from '../support/http-client.js';
import { loadedFiles } from '../support/loaded-files.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeSqlite } from '../support/sqlite.js';
import { StreamReader } from '../support/stream-reader.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;
const SECRET = 'the words of a secret';

let ollama: FakeOllama;
let collector: OtlpReceiver;
let service: ServiceProcess;

beforeEach(async () => {
  ollama = await FakeOllama.start();
  collector = await OtlpReceiver.start();
});
afterEach(async () => {
  await service.remove();
  await ollama.close();
  await collector.close();
});

const start = async (env: Record<string, string> = {}): Promise<void> => {
  service = await ServiceProcess.start({
    OLLAMA_BASE_URL: ollama.baseUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    ...env,
  });
};
const chat = (headers: Record<string, string> = {}, body: object = {}) =>
  postJson(`${service.url}/api/chat`, { message: SECRET, ...body }, headers);
const named = (name: string) => (span: ReceivedSpan) => span.name === name;
const tracesSent = () => collector.spans.map(({ name }) => name);

describe('traces', () => {
  it('have a span of the request, in it one of the model, and go on to the model server', async () => {
    ollama.always(answer('a', SECRET));
    await start();
    const { body } = await chat({ traceparent: TRACEPARENT, tracestate: 'a=b' });
    const { usage } = body as { usage: { prompt_tokens: number; completion_tokens: number } };
    const request = await collector.span(named('POST /api/chat'));
    expect(request).toMatchObject({
      traceId: TRACE,
      parentId: PARENT,
      kind: 'server',
      isError: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/api/chat',
        'http.response.status_code': 200,
      },
      resource: { 'service.name': 'ollama-chat-service' },
    });
    const model = await collector.span(named('chat llama2'));
    expect(model).toMatchObject({
      traceId: TRACE,
      parentId: request.spanId,
      kind: 'client',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'ollama',
        'gen_ai.request.model': 'llama2',
        'gen_ai.request.max_tokens': 1000,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': usage.prompt_tokens,
        'gen_ai.usage.output_tokens': usage.completion_tokens,
      },
    });
    const { headers } = await ollama.chat(0);
    expect(headers['traceparent']).toBe(`00-${TRACE}-${model.spanId}-01`);
    expect(headers['tracestate']).toBe('a=b');
    const line = await service.logged('Request served');
    expect(line['trace_id']).toBe(TRACE);
    expect(JSON.stringify(collector.spans)).not.toContain(SECRET);
    expect(collector.headers[0]).toMatchObject({
      url: '/v1/traces',
      'content-type': 'application/x-protobuf',
    });
  });

  it('begin here where none comes, and say what failed', async () => {
    ollama.next(script().error(500)).next(script().tokens('a').cut());
    await start();
    expect((await chat()).status).toBe(503);
    const request = await collector.span(named('POST /api/chat'));
    expect(request).toMatchObject({ parentId: '', isError: true });
    expect(request.attributes['error.type']).toBe('model_unavailable');
    const model = await collector.span(named('chat llama2'));
    expect(model).toMatchObject({ parentId: request.spanId, isError: true });
    expect(model.attributes['error.type']).toBe('model_unavailable');

    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.rest();
    const streamed = await collector.span(named('POST /api/chat/stream'));
    expect(streamed).toMatchObject({ isError: true });
    expect(streamed.attributes['http.response.status_code']).toBe(200);
    const served = await service.loggedTimes('Request served', 2);
    expect(served.map((line) => line['trace_id'])).toEqual([request.traceId, streamed.traceId]);
  });

  it('hold what the standard variables say', async () => {
    ollama.always(answer('a'));
    await start({
      OTEL_SERVICE_NAME: 'our-chat',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=not-this',
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/elsewhere`,
      OTEL_EXPORTER_OTLP_HEADERS: 'X-Team=two%20words',
      OTEL_PROPAGATORS: 'none',
    });
    await chat({ traceparent: TRACEPARENT });
    const request = await collector.span(named('POST /api/chat'));
    expect(request.resource).toMatchObject({
      'service.name': 'our-chat',
      'deployment.environment.name': 'test',
    });
    expect(collector.headers[0]).toMatchObject({ url: '/elsewhere', 'x-team': 'two words' });
    expect(request.parentId).toBe('');
    expect((await ollama.chat(0)).headers['traceparent']).toBeUndefined();
  });

  it('are sampled as the caller or the settings say', async () => {
    ollama.always(answer('a'));
    await start({ OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    await chat();
    await chat({ traceparent: TRACEPARENT });
    const request = await collector.span(named('POST /api/chat'));
    expect(request.traceId).toBe(TRACE);
    expect(tracesSent().filter((name) => name === 'POST /api/chat')).toHaveLength(1);
    expect((await ollama.chat(0)).headers['traceparent']).toMatch(/-00$/);
  });

  it('cost no request anything while the collector is away, nor the end of the process', async () => {
    ollama.always(answer('a'));
    await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${String(await freePort())}` });
    for (let count = 0; count < 5; count += 1) expect((await chat()).status).toBe(200);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

describeSqlite('traces of the store', () => {
  it('are children of the request, each an operation; work of no request has none', async () => {
    ollama.always(answer('a', 'b'));
    await start({ HISTORY_STORAGE_TYPE: 'database' });
    for (let count = 0; count < 2; count += 1) await chat();
    await fetch(`${service.url}/api/history`);
    const list = await collector.span(named('list'));
    const request = await collector.span(named('GET /api/history'));
    expect(list).toMatchObject({
      parentId: request.spanId,
      traceId: request.traceId,
      attributes: { 'db.system.name': 'sqlite', 'db.operation.name': 'list' },
    });
    const turns = collector.spans.filter(named('POST /api/chat'));
    for (const turn of turns) {
      const inside = collector.spans.filter(({ traceId }) => traceId === turn.traceId);
      expect(inside.filter(named('claim')).map(({ parentId }) => parentId)).toEqual([turn.spanId]);
      expect(inside.filter(named('finish'))).toHaveLength(1);
    }
    expect(turns).toHaveLength(2);
    expect(tracesSent()).not.toContain('heartbeat');
  });
});

describe('traces of an answer that is stored while it is written', () => {
  it('belong to its own request, whichever request opened the connection to the model', async () => {
    const gate = new Gate();
    ollama.next(answer('a')).next(script().tokens('a').wait(gate).done());
    await start();
    await chat();
    const reader = await StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi' });
    await reader.next();
    const commit = await collector.span(named('commitTurn'));
    gate.open();
    await reader.rest();
    const request = await collector.span(named('POST /api/chat/stream'));
    const model = await collector.span(
      ({ name, traceId }) => name === 'chat llama2' && traceId === request.traceId,
    );
    expect(commit).toMatchObject({ traceId: request.traceId, parentId: model.spanId });
  });
});

describe('traces that are off', () => {
  /** The packages of OpenTelemetry that a whole run has loaded. */
  const loadedBy = async (env: Record<string, string>): Promise<string[]> => {
    const folder = mkdtempSync(join(tmpdir(), 'loaded-'));
    const list = join(folder, 'modules');
    const hook = resolve(import.meta.dirname, '../support/loaded-modules.mjs');
    ollama.always(answer('a'));
    await start({
      METRICS_PORT: String(await freePort()),
      NODE_OPTIONS: `--import=${hook}`,
      LOADED_MODULES: list,
      ...env,
    });
    expect((await chat()).status).toBe(200);
    service.kill('SIGTERM');
    await service.exited;
    const files = loadedFiles(list);
    rmSync(folder, { recursive: true });
    expect(files.some((file) => file.includes('prom-client'))).toBe(true);
    const names = files.map((file) => /(@opentelemetry\/[^/]+)/.exec(file)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))];
  };

  it.each([
    ['without an endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['with OTEL_SDK_DISABLED', { OTEL_SDK_DISABLED: 'true' }],
  ])('load nothing of OpenTelemetry, %s', async (_, env) => {
    expect(await loadedBy(env)).toEqual([]);
    expect(collector.spans).toEqual([]);
  });

  it('load it where they are on', async () => {
    expect(await loadedBy({})).toContain('@opentelemetry/sdk-trace');
  });
});
