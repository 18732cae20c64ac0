// What the stored log of running answers costs: microseconds and bytes a token, per store.
// `npm run build && npm run bench:log`
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from './rig/postgres.mjs';

// Named at run time: the build is not there yet when types are checked.
const { createStore } = await import(
  new URL('../dist/src/store/create-store.js', import.meta.url).href
);

/** A tick of one second at a pace of 20 ms, for some generations at once, as the service writes it. */
const TOKENS_A_BATCH = 50;
const GENERATIONS = 20;
const TICKS = 60;
const TOKENS = TOKENS_A_BATCH * GENERATIONS * TICKS;
const WORKER = randomUUID();

const silent = new Proxy({}, { get: () => () => undefined });

/** @param {string} folder */
const bytesUnder = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

function newGeneration() {
  const key = randomUUID();
  return {
    key,
    id: key,
    ownerId: 'bench',
    conversationId: randomUUID(),
    messageId: randomUUID(),
    model: 'm',
    createdAt: Date.now(),
    workerId: WORKER,
    onDisconnect: 'continue',
    turn: {
      newConversation: { title: 't', createdAt: Date.now() },
      messages: [
        {
          id: randomUUID(),
          role: 'user',
          content: 'Hi',
          createdAt: Date.now(),
          images: null,
          toolAnswer: null,
        },
      ],
      replacesMessageId: null,
    },
    idempotency: null,
    startedAt: Date.now(),
    slots: [],
  };
}

/**
 * @param {any} storage - a storage target of the settings
 * @param {() => number | Promise<number>} bytes - of everything stored
 */
async function measure(storage, bytes) {
  const settings = /** @type {any} */ ({ storage });
  /** @type {any} */
  const store = await createStore(settings, /** @type {any} */ (silent));
  await store.open();
  const running = Array.from({ length: GENERATIONS }, newGeneration);
  for (const generation of running) {
    await store.generations.claim(/** @type {any} */ (generation));
    await store.generations.keepTurn(generation.key, WORKER, Date.now());
  }
  const before = await bytes();
  const tokens = Array.from({ length: TOKENS_A_BATCH }, (_, index) => ` tok${index % 10}`);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  for (let tick = 0; tick < TICKS; tick += 1) {
    const firstSeq = tick * TOKENS_A_BATCH + 1;
    const batches = running.map(({ key }) => ({ key, firstSeq, tokens }));
    await store.generations.append(WORKER, batches);
  }
  const elapsedMs = performance.now() - startedAt;
  const used = process.cpuUsage(cpu);
  const grown = (await bytes()) - before;
  await store.close();
  return {
    'µs a token': (elapsedMs * 1000) / TOKENS,
    'our CPU µs a token': (used.user + used.system) / TOKENS,
    'ms a tick': elapsedMs / TICKS,
    'bytes a token': grown / TOKENS,
  };
}

const folder = mkdtempSync(join(tmpdir(), 'chat-log-cost-'));
const server = await startPostgres();
const client = new pg.Client({ connectionString: server.url });
await client.connect();
const databaseSize = async () => {
  const { rows } = await client.query("SELECT pg_total_relation_size('generation_log') AS size");
  return Number(rows[0].size);
};
const sqlite = join(folder, 'chat.sqlite');
const results = {
  memory: await measure({ kind: 'memory' }, () => 0),
  file: await measure({ kind: 'file', folder: join(folder, 'files') }, () =>
    bytesUnder(join(folder, 'files')),
  ),
  sqlite: await measure({ kind: 'sqlite', file: sqlite }, () => {
    const wal = statSync(`${sqlite}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    return statSync(sqlite).size + wal;
  }),
  postgres: await measure({ kind: 'postgres', url: server.url, pool: 5 }, databaseSize),
  ...(process.env['BENCH_MONGODB_URL'] && {
    mongodb: await measure(
      { kind: 'mongodb', url: process.env['BENCH_MONGODB_URL'], pool: 5 },
      () => 0,
    ),
  }),
};
await client.end();
await server.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`${GENERATIONS} answers at once, ${TOKENS_A_BATCH} tokens a tick each, ${TICKS} ticks`);
for (const [name, figures] of Object.entries(results)) {
  const texts = Object.entries(figures).map(([what, value]) => `${what}: ${value.toFixed(2)}`);
  console.log(`${name.padEnd(9)} ${texts.join(' · ')}`);
}
