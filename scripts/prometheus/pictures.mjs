/**
 * Pictures of what a real Prometheus draws of the service under two minutes of load:
 * `docs/images/metrics-*.png`.
 *
 *     npm run build && npm run prometheus:build && npm run prometheus:pictures -- [FOLDER]
 *
 * A Prometheus that Go built has no pages: FOLDER is then a folder `prometheus` with its source, whose
 * pages were built. One from its own releases needs none. Chromium and the packages of
 * `npm run test:clients` are needed, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium as chromiumPath } from '../clients/install.mjs';
import { freePort } from '../quickstart/ports.mjs';
import { startService } from '../service/start.mjs';
import { asSent, configFor, PANELS } from './monitoring.mjs';
import { startPrometheus } from './programs.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const SECONDS = 120;

/** @type {Record<string, string[]>} picture → panels of the dashboard */
const PICTURES = {
  turns: ['Turns by outcome', 'Tokens a second'],
  'first-token': ['First token'],
  store: ['Operations a second'],
};

const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
const port = await freePort('127.0.0.1', 0);
const service = await startService({
  METRICS_PORT: String(port),
  HISTORY_STORAGE_TYPE: 'database',
  OLLAMA_DEFAULT_MODEL: 'paced:32x20',
  MAX_CONCURRENT_GENERATIONS: '20',
});
const prometheus = await startPrometheus(folder, configFor(port, '2s'), process.argv[2]);
try {
  await load();
  for (const [name, titles] of Object.entries(PICTURES)) await draw(name, titles);
} finally {
  await prometheus.stop();
  await service.stop();
  rmSync(folder, { recursive: true });
}

/** More and more clients, then fewer; one of ten leaves in the middle of its answer. */
async function load() {
  const from = performance.now();
  const running = [];
  for (;;) {
    const part = (performance.now() - from) / 1000 / SECONDS;
    if (part >= 1) break;
    const clients = 1 + Math.round(6 * Math.sin(Math.PI * part) ** 2);
    for (let client = 0; client < clients; client += 1) {
      running.push(stream(running.length % 10 === 0));
    }
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
 * The page of Prometheus with the queries of these panels, drawn.
 *
 * @param {string} name
 * @param {string[]} titles
 */
async function draw(name, titles) {
  const query = new URLSearchParams();
  const queries = titles.flatMap(queriesOf);
  queries.forEach((expr, index) => {
    query.set(`g${index}.expr`, expr);
    query.set(`g${index}.tab`, 'graph');
    query.set(`g${index}.range_input`, '2m30s');
  });
  const { chromium } = createRequire(join(ROOT, 'test/clients/package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 600 } });
    await page.goto(`${prometheus.url}/query?${query}`);
    await page
      .locator('canvas')
      .nth(queries.length - 1)
      .waitFor();
    // The legend comes with the next frame.
    await page.evaluate(
      'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
    );
    await page.screenshot({ path: join(ROOT, `docs/images/metrics-${name}.png`), fullPage: true });
  } finally {
    await browser.close();
  }
}

/** @param {string} title */
function queriesOf(title) {
  const panel = PANELS.find((one) => one.title === title);
  if (!panel) throw new Error(`The dashboard has no panel ${title}`);
  return (panel.targets ?? []).map(({ expr }) => asSent(expr));
}
