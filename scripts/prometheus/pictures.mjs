// Draws what a real Prometheus measured of the service under a load of two minutes: docs/images/metrics.svg.
//   npm run build && npm run prometheus:build && node scripts/prometheus/pictures.mjs
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../quickstart/ports.mjs';
import { startService } from '../service/start.mjs';
import { chart } from './chart.mjs';
import { startPrometheus } from './programs.mjs';

const SECONDS = 120;
const MONITORING = resolve(import.meta.dirname, '../../docker/monitoring');
const PICTURE = resolve(import.meta.dirname, '../../docs/images/metrics.svg');

/** Panels of the dashboard, by their title. */
const PANELS = [
  'Turns by outcome',
  'First token',
  'Running, queued, readers',
  'Tokens a second',
  'Duration, p99',
  'CPU',
];

const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
const port = await freePort('127.0.0.1', 0);
const service = await startService({
  METRICS_PORT: String(port),
  HISTORY_STORAGE_TYPE: 'database',
  OLLAMA_DEFAULT_MODEL: 'paced:32x20',
  MAX_CONCURRENT_GENERATIONS: '40',
});
const config = readFileSync(join(MONITORING, 'prometheus.yml'), 'utf8')
  .replace('chat:9464', `127.0.0.1:${port}`)
  .replace('alerts.yml', join(MONITORING, 'alerts.yml'))
  .replaceAll('15s', '2s');
const prometheus = await startPrometheus(folder, config);
const from = Date.now() / 1000;
await load(from);
writeFileSync(PICTURE, chart(await Promise.all(PANELS.map(seriesOf))));
await prometheus.stop();
await service.stop();
rmSync(folder, { recursive: true });

/** More and more clients, then fewer: some leave in the middle. @param {number} from */
async function load(from) {
  const running = [];
  for (;;) {
    const part = (Date.now() / 1000 - from) / SECONDS;
    if (part >= 1) break;
    const clients = 1 + Math.round(6 * Math.sin(Math.PI * part) ** 2);
    for (let client = 0; client < clients; client += 1) running.push(stream(Math.random() < 0.1));
    await delay(250);
  }
  await Promise.all(running);
}

/** @param {boolean} leaves */
async function stream(leaves) {
  const signal = leaves ? AbortSignal.timeout(300) : null;
  const answer = await fetch(`${service.url}/api/chat/stream`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'Hello, how are you?' }),
    signal,
  }).catch(() => null);
  await answer?.text().catch(() => '');
}

/**
 * @typedef {{ title: string, unit: string, lines: { name: string, points: [number, number][] }[] }} Drawn
 * @param {string} title
 * @returns {Promise<Drawn>}
 */
async function seriesOf(title) {
  const dashboard = JSON.parse(
    readFileSync(join(MONITORING, 'grafana/dashboards/chat.json'), 'utf8'),
  );
  const panel = dashboard.panels.find(
    (/** @type {{ title: string }} */ one) => one.title === title,
  );
  const lines = [];
  for (const { expr, legendFormat } of panel.targets) {
    for (const { metric, values } of await range(expr)) {
      const name = legendFormat.replaceAll(
        /\{\{(\w+)\}\}/g,
        (/** @type {string} */ _, /** @type {string} */ label) => metric[label] ?? '',
      );
      const points = values
        .map(([at, value]) => /** @type {[number, number]} */ ([at - from, Number(value)]))
        .filter(([, value]) => Number.isFinite(value));
      if (points.some(([, value]) => value > 0)) lines.push({ name, points });
    }
  }
  return { title, unit: panel.fieldConfig.defaults.unit, lines };
}

/**
 * @param {string} expr
 * @returns {Promise<{ metric: Record<string, string>, values: [number, string][] }[]>}
 */
async function range(expr) {
  const query = expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(instance|model)/g, '.*');
  const asked = new URLSearchParams({
    query,
    start: String(from),
    end: String(from + SECONDS),
    step: '2',
  });
  const answer = await fetch(`${prometheus.url}/api/v1/query_range?${asked}`);
  const { data } = await answer.json();
  return data.result;
}
