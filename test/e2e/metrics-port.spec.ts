import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { answer, FakeOllama } from '../support/fake-ollama.js';
import { freePort } from '../support/free-port.js';
import { postJson } from '../support/http-client.js';
import { readMetrics, type ReadMetrics } from '../support/metrics.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeSqlite } from '../support/sqlite.js';

let ollama: FakeOllama;
let service: ServiceProcess;
let port: number;

beforeEach(async () => {
  ollama = await FakeOllama.start();
  ollama.always(answer('a', 'b'));
  port = await freePort();
});
afterEach(async () => {
  await service.remove();
  await ollama.close();
});

const env = (more: Record<string, string> = {}) => ({
  OLLAMA_BASE_URL: ollama.baseUrl,
  METRICS_PORT: String(port),
  RATE_LIMIT_ENABLED: 'false',
  ...more,
});
const chat = () => postJson(`${service.url}/api/chat`, { message: 'Hi' }, { Connection: 'close' });
const completed = (metrics: ReadMetrics) =>
  metrics.value('chat_generations_total', { outcome: 'completed' });

describe('the port of the metrics', () => {
  it('answers GET /metrics without a key, in the text format 0.0.4', async () => {
    service = await ServiceProcess.start(env({ API_KEYS: 'anna:a-key-of-twenty-characters' }));
    const base = `http://127.0.0.1:${String(port)}`;
    const response = await fetch(`${base}/metrics`);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${base}/`)).status).toBe(404);
  });

  it('is never that of the API', async () => {
    service = await ServiceProcess.start(env());
    expect((await fetch(`${service.url}/metrics`)).status).toBe(404);
    await service.remove();
    service = ServiceProcess.spawn(env({ API_PORT: String(port) }));
    expect((await service.exited).code).toBe(1);
    expect(service.stderr).toContain('METRICS_PORT: expected another port than API_PORT');
  });

  it('is off with 0', async () => {
    service = await ServiceProcess.start(env({ METRICS_PORT: '0' }));
    expect((await chat()).status).toBe(200);
    await expect(fetch('http://127.0.0.1:9464/metrics')).rejects.toThrow();
  });

  it('ends the start if it was set and is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = String((other.address() as AddressInfo).port);
    service = ServiceProcess.spawn(env({ METRICS_PORT: taken }));
    expect((await service.exited).code).toBe(1);
    expect(service.log.at(-1)).toMatchObject({
      level: 'fatal',
      msg: `METRICS_PORT ${taken} is in use by another process`,
    });
    other.close();
  });

  it('is only missed if it was not set and is taken', async () => {
    const other = createServer().listen(9464, '127.0.0.1');
    await once(other, 'listening').catch(() => undefined);
    service = await ServiceProcess.start(env({ METRICS_PORT: '' }));
    await service.logged('No metrics: METRICS_PORT 9464 is in use by another process');
    expect((await chat()).status).toBe(200);
    other.close();
  });
});

describeSqlite('the metrics of several workers', () => {
  const pids = () =>
    service.log
      .filter(({ msg }) => msg === 'Worker listens')
      .map((line) => Number(line['worker_pid']));

  it('are answered by their primary, and no count falls when a worker dies', async () => {
    service = await ServiceProcess.start(
      env({ API_WORKERS: '3', HISTORY_STORAGE_TYPE: 'database' }),
    );
    for (let count = 0; count < 9; count += 1) expect((await chat()).status).toBe(200);
    const before = await readMetrics(port);
    expect(completed(before)).toBe(9);
    expect(before.value('chat_workers')).toBe(3);
    expect(before.value('chat_worker_deaths_total')).toBe(0);
    expect(before.value('chat_store_up')).toBe(1);
    expect(before.value('process_resident_memory_bytes')).toBeGreaterThan(200e6);

    process.kill(pids()[0]!, 'SIGKILL');
    await service.logged('Worker died');
    const during = await readMetrics(port);
    await service.loggedTimes('Worker listens', 4);
    const after = await readMetrics(port);
    for (const metrics of [during, after]) {
      const counts = metrics.counts();
      for (const [series, count] of before.counts()) {
        expect([series, counts.get(series)]).toEqual([series, expect.any(Number)]);
        expect(counts.get(series)).toBeGreaterThanOrEqual(count);
      }
    }
    expect(completed(after)).toBe(9);
    expect(after.value('chat_worker_deaths_total')).toBe(1);
    expect(after.value('chat_workers')).toBe(3);
    await chat();
    expect(completed(await readMetrics(port))).toBe(10);
  });

  it('count a worker that does not answer with what it said last', async () => {
    service = await ServiceProcess.start(
      env({ API_WORKERS: '2', HISTORY_STORAGE_TYPE: 'database' }),
    );
    for (let count = 0; count < 4; count += 1) expect((await chat()).status).toBe(200);
    expect(completed(await readMetrics(port))).toBe(4);
    const [stopped = 0] = pids();
    process.kill(stopped, 'SIGSTOP');
    try {
      const metrics = await readMetrics(port);
      expect(completed(metrics)).toBe(4);
      expect(metrics.value('chat_workers')).toBe(2);
    } finally {
      process.kill(stopped, 'SIGCONT');
    }
  });

  it('end the start if their port was set and is taken', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    service = ServiceProcess.spawn(env({ API_WORKERS: '2', HISTORY_STORAGE_TYPE: 'database' }));
    expect((await service.exited).code).toBe(1);
    expect(service.log.at(-1)).toMatchObject({
      level: 'fatal',
      msg: `METRICS_PORT ${String(port)} is in use by another process`,
    });
    other.close();
  });
});
