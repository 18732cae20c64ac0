import { MetricsSource } from '../../src/observability/meter.js';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ReadMetrics } from '../support/metrics.js';
import { startService, type RunningService } from '../support/service.js';
import { apiKey, type SettingsOverrides } from '../support/settings.js';
import { StreamReader } from '../support/stream-reader.js';

/** The table of the specification: every metric with its type. */
const TYPES = {
  http_server_request_duration_seconds: 'histogram',
  gen_ai_client_operation_duration_seconds: 'histogram',
  gen_ai_client_operation_time_to_first_chunk_seconds: 'histogram',
  gen_ai_client_operation_time_per_output_chunk_seconds: 'histogram',
  gen_ai_client_token_usage: 'histogram',
  chat_generations_total: 'counter',
  chat_generations_running: 'gauge',
  chat_generations_queued: 'gauge',
  chat_readers: 'gauge',
  chat_queue_wait_seconds: 'histogram',
  chat_first_token_seconds: 'histogram',
  chat_errors_total: 'counter',
  chat_limited_total: 'counter',
  db_client_operation_duration_seconds: 'histogram',
  chat_store_up: 'gauge',
  db_client_connection_count: 'gauge',
  chat_workers: 'gauge',
  chat_worker_deaths_total: 'counter',
  chat_build_info: 'gauge',
  process_cpu_seconds_total: 'counter',
  process_resident_memory_bytes: 'gauge',
  nodejs_eventloop_lag_p99_seconds: 'gauge',
};
const MODEL = {
  gen_ai_operation_name: 'chat',
  gen_ai_provider_name: 'ollama',
  gen_ai_request_model: 'llama2:latest',
};
const TURN = { wire: 'chat', provider: 'ollama', model: 'llama2:latest' };

describe('metrics', () => {
  let ollama: FakeOllama;
  let service: RunningService;

  beforeEach(async () => {
    ollama = await FakeOllama.start();
  });
  afterEach(async () => {
    await service.close();
    await ollama.close();
  });
  const start = async (overrides: SettingsOverrides = {}): Promise<void> => {
    service = await startService(ollama, { ...overrides, metrics: { port: 1 } });
  };
  const read = async (): Promise<ReadMetrics> =>
    new ReadMetrics(await service.app.get(MetricsSource).text());
  /** A response counts when it has closed, which its client may see a moment before. */
  const readOnce = async (holds: (metrics: ReadMetrics) => boolean): Promise<ReadMetrics> => {
    for (;;) {
      const metrics = await read();
      if (holds(metrics)) return metrics;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const chat = (body: object = {}) =>
    postJson(`${service.url}/api/chat`, { message: 'Hi', ...body });
  const stream = (body: object = {}) =>
    StreamReader.post(`${service.url}/api/chat/stream`, { message: 'Hi', ...body });

  it('are all there from the start, with 0 where they count', async () => {
    await start();
    const metrics = await read();
    expect(Object.fromEntries(metrics.types)).toMatchObject(TYPES);
    const zero = { ...TURN, model: 'other' };
    for (const outcome of ['completed', 'cancelled', 'failed', 'refused']) {
      expect(metrics.value('chat_generations_total', { ...zero, outcome })).toBe(0);
    }
    for (const type of ['input', 'output']) {
      const labels = { ...MODEL, gen_ai_request_model: 'other', gen_ai_token_type: type };
      expect(metrics.value('gen_ai_client_token_usage_count', labels)).toBe(0);
    }
    expect(metrics.value('chat_first_token_seconds_count', { wire: 'chat' })).toBe(0);
    expect(metrics.value('chat_queue_wait_seconds_count')).toBe(0);
    const internal = { code: 'INTERNAL_ERROR', reason: 'internal' };
    expect(metrics.value('chat_errors_total', internal)).toBe(0);
    expect(metrics.value('chat_limited_total', { reason: 'streams_limit' })).toBe(0);
    for (const state of ['idle', 'used']) {
      const labels = { db_client_connection_state: state };
      expect(metrics.value('db_client_connection_count', labels)).toBe(0);
    }
    expect(metrics.value('chat_workers')).toBe(1);
    expect(metrics.value('chat_build_info', { node_version: process.versions.node })).toBe(1);
  });

  it('count an answer once, with its times and tokens', async () => {
    await start();
    ollama.always(answer('a', 'b', 'c'));
    expect((await chat()).status).toBe(200);
    expect(await (await stream()).rest()).toHaveLength(4);
    const metrics = await readOnce(
      (now) => now.value('chat_generations_total', { ...TURN, outcome: 'completed' }) === 2,
    );
    for (const name of [
      'operation_duration_seconds',
      'operation_time_to_first_chunk_seconds',
      'operation_time_per_output_chunk_seconds',
    ]) {
      expect(metrics.value(`gen_ai_client_${name}_count`, MODEL)).toBe(2);
    }
    expect(metrics.labelValues('error_type')).toEqual([]);
    const { usage } = (await chat()).body as { usage: { completion_tokens: number } };
    const output = { ...MODEL, gen_ai_token_type: 'output' };
    expect(metrics.value('gen_ai_client_token_usage_sum', output)).toBe(
      2 * usage.completion_tokens,
    );
    expect(metrics.value('chat_first_token_seconds_count', { wire: 'chat' })).toBe(1);
    expect(metrics.value('chat_queue_wait_seconds_count')).toBe(2);
    expect(metrics.value('chat_store_up')).toBe(1);
    const claim = { db_system_name: 'memory', db_operation_name: 'claim' };
    expect(metrics.value('db_client_operation_duration_seconds_count', claim)).toBe(2);
  });

  it('say by which API an answer was asked for', async () => {
    await start();
    ollama.always(answer('a', 'b'));
    const messages = [{ role: 'user', content: 'Hi' }];
    const parts = [{ type: 'text', text: 'Hi' }];
    const asked = {
      openai_chat: ['/v1/chat/completions', { model: 'llama2', messages, stream: true }],
      openai_responses: ['/v1/responses', { model: 'llama2', input: 'Hi', stream: true }],
      ai_sdk: ['/api/chat/ui', { id: 'c', messages: [{ id: 'm', role: 'user', parts }] }],
      ollama: ['/api/ollama/api/chat', { model: 'llama2', messages }],
    } as const;
    for (const [path, body] of Object.values(asked)) {
      const method = 'POST';
      const headers = { 'Content-Type': 'application/json' };
      const url = `${service.url}${path}`;
      const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
      expect([path, response.status]).toEqual([path, 200]);
      await response.text();
    }
    const completed = (now: ReadMetrics, wire: string) =>
      now.value('chat_generations_total', { ...TURN, wire, outcome: 'completed' });
    const metrics = await readOnce((now) =>
      Object.keys(asked).every((wire) => completed(now, wire) === 1),
    );
    for (const wire of Object.keys(asked))
      expect([wire, metrics.value('chat_first_token_seconds_count', { wire })]).toEqual([wire, 1]);
    expect(metrics.value('chat_first_token_seconds_count', { wire: 'chat' })).toBe(0);
  });

  it('tell what failed and what was refused from what was cancelled', async () => {
    await start({ rateLimit: { enabled: true, requests: 100, readRequests: 100, streams: 1 } });
    ollama.next(script().error(500)).next(script().tokens('a').cut()).next(answer('b'));
    expect((await chat()).status).toBe(503);
    const broken = await (await stream()).rest();
    expect(broken.at(-1)?.data).toMatchObject({ reason: 'model_unavailable' });
    expect((await chat({ model: 'nobody-has-this' })).status).toBe(404);
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done());
    ollama.always(script().tokens('a').hang());
    await chat();
    const held = await stream();
    await held.next();
    expect((await postJson(`${service.url}/api/chat/stream`, { message: 'Hi' })).status).toBe(429);
    held.leave();
    const metrics = await readOnce(
      (now) => now.value('chat_generations_total', { ...TURN, outcome: 'cancelled' }) === 1,
    );
    const outcome = (name: string, model = TURN.model) =>
      metrics.value('chat_generations_total', { ...TURN, model, outcome: name });
    expect(outcome('failed')).toBe(2);
    expect(outcome('completed')).toBe(1);
    expect(outcome('refused')).toBe(1);
    expect(outcome('refused', 'other')).toBe(1);
    const failed = { ...MODEL, error_type: 'model_unavailable' };
    expect(metrics.value('gen_ai_client_operation_duration_seconds_count', failed)).toBe(2);
    const unavailable = { code: 'SERVICE_UNAVAILABLE', reason: 'model_unavailable' };
    expect(metrics.value('chat_errors_total', unavailable)).toBe(2);
    expect(metrics.value('chat_limited_total', { reason: 'streams_limit' })).toBe(1);
    gate.open();
  });

  it('say what runs, waits and reads at this moment', async () => {
    await start({ generation: { maxConcurrent: 1 } });
    const gate = new Gate();
    ollama.always(script().tokens('a').wait(gate).done());
    const first = await stream();
    await first.next();
    const second = stream();
    const metrics = await readOnce((now) => now.value('chat_generations_queued') === 1);
    expect(metrics.value('chat_generations_running')).toBe(1);
    expect((await readOnce((now) => now.value('chat_readers') === 2)).value('chat_readers')).toBe(
      2,
    );
    gate.open();
    await first.rest();
    await (await second).rest();
    const after = await readOnce((now) => now.value('chat_readers') === 0);
    expect(after.value('chat_generations_running')).toBe(0);
    expect(after.value('chat_generations_queued')).toBe(0);
    expect(after.value('chat_queue_wait_seconds_count')).toBe(2);
    expect(after.value('chat_queue_wait_seconds_sum')).toBeGreaterThan(0);
  });

  it('have bounded labels: no owner, key, id or path, and no name that a client makes up', async () => {
    const secret = 'a-key-of-twenty-characters';
    await start({ api: { keys: [apiKey('anna-the-owner', secret)] } });
    ollama.always(answer('a'));
    const headers = { 'X-Api-Key': secret };
    const answered = await postJson(`${service.url}/api/chat`, { message: 'Hi' }, headers);
    const { conversation_id: id } = answered.body as { conversation_id: string };
    await getJson(`${service.url}/api/history/${id}`, headers);
    await getJson(`${service.url}/made-up/${id}`, headers);
    await fetch(`${service.url}/api/history/${id}`, { method: 'PROPFIND' }).catch(() => undefined);
    for (let count = 0; count < 3; count += 1) {
      const body = { message: 'Hi', model: `made-up-${String(count)}` };
      await postJson(`${service.url}/api/chat`, body, headers);
    }
    const requests = 'http_server_request_duration_seconds_count';
    const metrics = await readOnce(
      (now) => now.value(requests, { http_response_status_code: '404' }) === 4,
    );
    expect(metrics.text).not.toMatch(new RegExp(`${id}|anna-the-owner|${secret}|made-up`));
    expect(metrics.labelValues('model')).toEqual(['llama2:latest', 'other']);
    expect(metrics.value(requests, { http_route: 'unmatched' })).toBeGreaterThanOrEqual(1);
    expect(metrics.value(requests, { http_route: '/api/history/:id' })).toBeGreaterThanOrEqual(1);
    expect(metrics.labelNames()).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/owner|key|path|conversation|generation_id/)]),
    );
  });

  it('name a hundred models at most; all others are `other`', async () => {
    const names = Array.from({ length: 103 }, (_, index) => `model-${String(index)}`);
    await ollama.close();
    ollama = await FakeOllama.start(...names.map((name) => ({ name })));
    await start();
    ollama.always(answer('a'));
    for (const model of names) expect((await chat({ model })).status).toBe(200);
    const metrics = await readOnce(
      (now) => now.value('chat_generations_total', { outcome: 'completed' }) === 103,
    );
    expect(metrics.labelValues('model')).toHaveLength(101);
    const others = { model: 'other', outcome: 'completed' };
    expect(metrics.value('chat_generations_total', others)).toBe(3);
  });
});
