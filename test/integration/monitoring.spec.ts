import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asSent, configFor, MONITORING, PANELS } from '../../scripts/prometheus/monitoring.mjs';
import {
  programOf,
  startPrometheus,
  type StartedPrometheus,
} from '../../scripts/prometheus/programs.mjs';
import { answer, FakeOllama, script } from '../support/fake-ollama.js';
import { freePort } from '../support/free-port.js';
import { postJson } from '../support/http-client.js';
import { describePrometheus } from '../support/prometheus.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader } from '../support/stream-reader.js';

const run = promisify(execFile);

const queries = PANELS.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

describePrometheus('docker/monitoring', () => {
  const promtool = (...args: string[]) =>
    run(programOf('promtool')!, args, { cwd: MONITORING }).then(({ stdout }) => stdout);

  it('has a configuration and rules that Prometheus takes', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('9 rules found');
  });

  it('has rules that fire when they should, and not before', async () => {
    expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
    const names = (file: string, pattern: RegExp) =>
      new Set(
        [...readFileSync(join(MONITORING, file), 'utf8').matchAll(pattern)].map(([, name]) => name),
      );
    expect(names('alerts.test.yml', /alertname: (\w+)/g)).toEqual(
      names('alerts.yml', /alert: (\w+)/g),
    );
  });
});

describePrometheus('the dashboard', () => {
  let ollama: FakeOllama;
  let service: ServiceProcess;
  let prometheus: StartedPrometheus;
  let folder: string;
  let silent = queries;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const port = String(await freePort());
    service = await ServiceProcess.start({
      OLLAMA_BASE_URL: ollama.baseUrl,
      METRICS_PORT: port,
      RATE_LIMIT_STREAMS: '1',
      RATE_LIMIT_REQUESTS: '100000',
    });
    prometheus = await startPrometheus(folder, configFor(port, '1s'));
  });
  afterAll(async () => {
    // Where the load above went on until its time was over.
    if (silent.length > 0) console.error('No answer to', silent);
    await prometheus.stop();
    await service.remove();
    await ollama.close();
    rmSync(folder, { recursive: true });
  });

  /** Answers, streams, a failure and a refusal. */
  const load = async (): Promise<void> => {
    ollama
      .next(script().error(500))
      .next(answer('a', 'b'))
      .always(answer('a', 'b', 'c'));
    for (let count = 0; count < 3; count += 1) {
      await postJson(`${service.url}/api/chat`, { message: 'Hi' });
    }
    const url = `${service.url}/api/chat/stream`;
    const streams = await Promise.all(
      [1, 2, 3].map(() => StreamReader.post(url, { message: 'Hi' })),
    );
    for (const stream of streams) await stream.rest().catch(() => []);
    await fetch(`${service.url}/api/history`);
  };

  const valuesOf = async (expr: string): Promise<number[]> => {
    const query = asSent(expr);
    const response = await fetch(
      `${prometheus.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`,
    );
    const { status, error, data } = (await response.json()) as {
      status: string;
      error?: string;
      data?: { result: { value: [number, string] }[] };
    };
    expect({ query, status, error }).toEqual({ query, status: 'success', error: undefined });
    return (data?.result ?? []).map(({ value }) => Number(value[1])).filter(Number.isFinite);
  };

  it('asks for what there is: each of its queries has an answer under load', async () => {
    expect(queries.length).toBeGreaterThanOrEqual(35);
    while (silent.length > 0) {
      await load();
      const asked = await Promise.all(
        silent.map(async (query) => ({ query, values: await valuesOf(query.expr) })),
      );
      silent = asked.filter(({ values }) => values.length === 0).map(({ query }) => query);
      if (service.child.exitCode !== null) throw new Error('The service ended');
    }
  });

  it('sees what the service did', async () => {
    const [up] = await valuesOf('up{job="chat"}');
    expect(up).toBe(1);
    const [failed = 0] = await valuesOf('sum(chat_generations_total{outcome="failed"})');
    expect(failed).toBeGreaterThanOrEqual(1);
    const rules = await fetch(`${prometheus.url}/api/v1/rules`);
    const { data } = (await rules.json()) as {
      data: { groups: { rules: { name: string; health: string; state: string }[] }[] };
    };
    const all = data.groups.flatMap((group) => group.rules);
    expect(all).toHaveLength(9);
    expect(all.filter(({ health }) => health === 'err')).toEqual([]);
  });
});
