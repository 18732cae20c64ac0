/**
 * `npm run bench:history`: a long history on SQLite and PostgreSQL, through our store and by hand.
 *
 *     --messages <n>          1000000
 *     --database <name>       sqlite or postgres; both by default
 *     --rounds <n>, --calls <n>   5 rounds of 100 calls of each kind
 *     --seed <n>              1
 *     --build <folder>        another build of ours than dist
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RESULTS, takeBuilds } from '../builds.mjs';
import { describeMachine, pinned } from '../rig/cores.mjs';
import { freshDatabase, startPostgres } from '../rig/postgres.mjs';
import { compare, operations } from './compare.mjs';
import { conversations } from './conversations.mjs';
import { plainPostgres } from './databases/postgres.mjs';
import { plainSqlite } from './databases/sqlite.mjs';
import { openStore } from './our-store.mjs';
import { seeded } from './random.mjs';
import { historyTable } from './table.mjs';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    database: { type: 'string', default: 'sqlite,postgres' },
    rounds: { type: 'string', default: '5' },
    calls: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    build: { type: 'string' },
  },
});
const [messages, seed] = [Number(values.messages), Number(values.seed)];
const shape = { rounds: Number(values.rounds), calls: Number(values.calls) };
const DEPTH = 90_000;

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);

if (process.env.BENCH_PINNED !== '1') {
  const [file = '', ...args] = pinned('service', ['node', ...process.argv.slice(1)]);
  const env = { ...process.env, BENCH_PINNED: '1' };
  process.exit(spawnSync(file, args, { stdio: 'inherit', env }).status ?? 1);
}

/**
 * @param {import('./our-store.mjs').SqlTarget} target
 * @param {() => Promise<import('./databases/database.mjs').PlainDatabase>} open
 */
async function measure(target, open) {
  const also = values.build === undefined ? [] : [{ name: 'other', entry: values.build }];
  const build = join(takeBuilds(also).ours.at(-1)?.entry ?? '', '../..');
  const store = await openStore(build, target);
  const plain = await open();
  const startedAt = performance.now();
  await plain.load(conversations(messages, seed));
  const seconds = (performance.now() - startedAt) / 1000;
  say(
    `${target.kind}: ${messages} messages in ${seconds.toFixed(0)} s, ${(await plain.megabytes()).toFixed(0)} MB`,
  );
  const known = [...conversations(messages, seed)]
    .map(({ id, updatedAt, messages: { length } }) => ({ id, updatedAt, messages: length }))
    .sort((a, b) => b.updatedAt - a.updatedAt);
  const depth = Math.min(DEPTH, Math.floor(known.length * 0.9));
  const scene = { store, plain, known, depth, random: seeded(seed + 1) };
  try {
    return {
      database: target.kind,
      depth,
      conversations: known.length,
      ...(await compare(operations(scene), shape)),
    };
  } finally {
    await store.close();
    await plain.close();
  }
}

async function onSqlite() {
  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(RESULTS, 'sqlite-'));
  const file = join(folder, 'chat.sqlite');
  try {
    return await measure({ kind: 'sqlite', file }, async () => plainSqlite(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onPostgres() {
  const server = await startPostgres();
  const database = await freshDatabase(server.url);
  try {
    const target = { kind: /** @type {const} */ ('postgres'), url: database.url, pool: 10 };
    return await measure(target, () => plainPostgres(database.url));
  } finally {
    await database.drop();
    await server.stop();
  }
}

const wanted = values.database.split(',');
const results = [
  ...(wanted.includes('sqlite') ? [await onSqlite()] : []),
  ...(wanted.includes('postgres') ? [await onPostgres()] : []),
];
const date = new Date().toISOString();
const text = historyTable({ date, machine: describeMachine(), messages, results });
const name = join(RESULTS, `history-${date.replace(/[:.]/g, '-')}`);
writeFileSync(`${name}.json`, JSON.stringify({ date, messages, seed, shape, results }, null, 2));
writeFileSync(`${name}.md`, text);
process.stdout.write(text);
process.exit(0);
