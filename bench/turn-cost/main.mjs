/**
 * `npm run bench:turn`: what one turn costs SQLite and PostgreSQL, in counts that a busy machine hardly
 * changes: pages, statements, bytes and CPU time.
 *
 *     --database <name>   sqlite or postgres; both by default
 *     --messages <n>      20000, in the history before
 *     --turns <n>         20 in each measurement
 *     --rounds <n>        15 measurements of each kind
 *     --at-once <n>       1: so many turns run at the same time, each in its conversation
 *     --build <folder>    another build of ours, measured beside dist in each round
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { RESULTS, takeBuilds } from '../builds.mjs';
import { conversations, OWNER } from '../history/conversations.mjs';
import { plainPostgres } from '../history/databases/postgres.mjs';
import { plainSqlite } from '../history/databases/sqlite.mjs';
import { idsOf, openStore, wholeTurn } from '../history/our-store.mjs';
import { median } from '../report/medians.mjs';
import { freshDatabase, startPostgres } from '../rig/postgres.mjs';
import { byHand } from './by-hand.mjs';
import { postgresMeter } from './postgres.mjs';
import { sqliteFile, walPages } from './sqlite.mjs';

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite,postgres' },
    messages: { type: 'string', default: '20000' },
    turns: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '15' },
    'at-once': { type: 'string', default: '1' },
    build: { type: 'string' },
  },
});
const [messages = 0, turns = 0, rounds = 0, atOnce = 1] = [
  values.messages,
  values.turns,
  values.rounds,
  values['at-once'],
].map(Number);
const SEED = 1;
const TEXTS = {
  question: 'And what came then, and why did it?',
  answer: 'It was so, and '.repeat(20),
};
const KINDS = {
  'whole answer': { streamed: false, opens: false },
  'streamed answer': { streamed: true, opens: false },
  'whole answer in a new conversation': { streamed: false, opens: true },
  // As where an owner has as many conversations as one may have.
  'whole answer in a new conversation, the oldest removed': {
    streamed: false,
    opens: true,
    removes: true,
  },
};
/** Rows of generations stay for a day: their indexes are not empty. */
const WARM_UP = 400;

/** @typedef {keyof typeof KINDS} Kind */
/** @type {Record<Kind, { streamed: boolean, opens: boolean, removes?: boolean }>} */
const kinds = KINDS;
/**
 * @typedef {object} Subject
 * @property {string} name
 * @property {readonly Kind[]} kinds
 * @property {() => Promise<void>} prepare begins its conversations
 * @property {(kind: Kind) => Promise<unknown>} turn
 * @property {() => Promise<unknown>} close
 */

const also = values.build === undefined ? [] : [{ name: 'other', entry: values.build }];
const builds = takeBuilds(also).ours.map(({ name, entry }) => ({
  name,
  folder: dirname(dirname(entry)),
}));
const allKinds = /** @type {Kind[]} */ (Object.keys(KINDS));

/** Conversations in which turns go on: such that the store began itself, of those that are there. */
const ACTIVE = 50;

/** @typedef {{ id: string, newest: string }} Active with its newest message */

/** @param {import('../history/our-store.mjs').Store} store @param {() => string} newId */
async function openConversations(store, newId) {
  /** @type {Active[]} */
  const opened = [];
  for (let count = 0; count < ACTIVE; count += 1) {
    const id = newId();
    const turn = { ...TEXTS, streamed: false, opens: true, newId };
    opened.push({ id, newest: await wholeTurn(store, id, turn) });
  }
  return opened;
}

/** One after the other: a conversation takes one turn at a time. @param {readonly Active[]} active */
function anyOf(active) {
  let next = 0;
  return () => active[(next += 1) % active.length] ?? { id: '', newest: '' };
}

/** @param {string} name @param {string} folder @param {import('../history/our-store.mjs').SqlTarget} target */
async function ourSubject(name, folder, target) {
  const [store, newId] = [await openStore(folder, target), await idsOf(folder)];
  /** @type {() => Active} */
  let any = () => ({ id: '', newest: '' });
  return {
    name,
    kinds: allKinds,
    prepare: async () => {
      any = anyOf(await openConversations(store, newId));
    },
    close: () => store.close(),
    turn: async (/** @type {Kind} */ kind) => {
      const { streamed, opens, removes = false } = kinds[kind];
      const own = opens ? { id: newId(), newest: null } : any();
      const turn = { ...TEXTS, streamed, opens, parentId: own.newest, newId };
      own.newest = await wholeTurn(store, own.id, turn);
      if (removes) await store.conversations.removeOldest(OWNER, 1, own.id);
    },
  };
}

/** On the schema of a build. @param {string} url @param {string} folder */
async function handSubject(url, folder) {
  const store = await openStore(folder, { kind: 'postgres', url, pool: 10 });
  const newId = await idsOf(folder);
  const hand = await byHand(url);
  /** @type {() => Active} */
  let any = () => ({ id: '', newest: '' });
  let seq = 100;
  return {
    name: 'by hand, the same writes',
    kinds: /** @type {const} */ (['whole answer', 'streamed answer']),
    prepare: async () => {
      any = anyOf(await openConversations(store, newId));
      await store.close();
    },
    close: hand.close,
    turn: (/** @type {Kind} */ kind) => {
      seq += 2;
      return hand.turn(any().id, seq, { ...TEXTS, ...KINDS[kind], newId });
    },
  };
}

/** @param {Subject} subject */
async function warmUp({ prepare, kinds, turn }) {
  await prepare();
  for (let count = 0; count < WARM_UP; count += 1) for (const kind of kinds) await turn(kind);
}

/** @param {Subject} subject @param {Kind} kind */
async function some({ turn }, kind) {
  for (let count = 0; count < turns; count += atOnce)
    await Promise.all(Array.from({ length: atOnce }, () => turn(kind)));
}

async function onSqlite() {
  mkdirSync(RESULTS, { recursive: true });
  for (const { name, folder } of builds) {
    const { file, remove } = sqliteFile(RESULTS);
    const subject = await ourSubject(name, folder, { kind: 'sqlite', file });
    try {
      const plain = plainSqlite(file);
      await plain.load(conversations(messages, SEED));
      await plain.close();
      await warmUp(subject);
      const wal = walPages(file);
      for (const kind of allKinds) await pagesOf(subject, kind, wal);
      wal.close();
    } finally {
      await subject.close();
      remove();
    }
  }
}

/** @param {Subject} subject @param {Kind} kind @param {ReturnType<typeof walPages>} wal */
async function pagesOf(subject, kind, wal) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (let round = 0; round < rounds; round += 1) {
    wal.empty();
    await some(subject, kind);
    for (const [name, count] of wal.written()) sums.set(name, (sums.get(name) ?? 0) + count);
  }
  const all = rounds * turns;
  const perTurn = [...sums].map(([name, pages]) => ({ name, count: pages / all }));
  perTurn.sort((a, b) => b.count - a.count);
  const total = perTurn.reduce((sum, { count }) => sum + count, 0);
  print(`\nSQLite, ${subject.name}, ${kind}: ${total.toFixed(1)} pages of WAL a turn`);
  print(perTurn.map(({ name, count }) => `  ${count.toFixed(2)} ${name}`).join('\n'));
}

async function onPostgres() {
  const server = await startPostgres();
  /** @type {{ subject: Subject, meter: Awaited<ReturnType<typeof postgresMeter>>, close: () => Promise<void> }[]} */
  const parts = [];
  try {
    for (const { name, folder } of builds)
      parts.push(
        await part(server.url, (url) =>
          ourSubject(name, folder, { kind: 'postgres', url, pool: 10 }),
        ),
      );
    parts.push(await part(server.url, (url) => handSubject(url, builds[0]?.folder ?? '')));
    await compare(parts);
  } finally {
    for (const { close } of parts) await close();
    await server.stop();
  }
}

/** In a database of its own. @param {string} serverUrl @param {(url: string) => Promise<Subject>} open */
async function part(serverUrl, open) {
  const { url, drop } = await freshDatabase(serverUrl);
  const subject = await open(url);
  const plain = await plainPostgres(url);
  await plain.load(conversations(messages, SEED));
  await plain.close();
  await warmUp(subject);
  const meter = await postgresMeter(url);
  const close = async () => {
    await meter.close();
    await subject.close();
    await drop();
  };
  return { subject, meter, close };
}

/** One after the other in each round. @param {{ subject: Subject, meter: Awaited<ReturnType<typeof postgresMeter>> }[]} parts */
async function compare(parts) {
  for (const kind of allKinds) {
    const some_ = parts.filter(({ subject }) => subject.kinds.includes(kind));
    /** @type {Map<string, import('./postgres.mjs').Spent[]>} */
    const spent = new Map(some_.map(({ subject }) => [subject.name, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const { subject, meter } of some_)
        spent.get(subject.name)?.push(await meter.measure(turns, () => some(subject, kind)));
    print(`\nPostgreSQL, ${kind}, a turn\n\n${table(spent)}`);
  }
}

/** @param {Map<string, import('./postgres.mjs').Spent[]>} spent */
function table(spent) {
  const head =
    '| | statements | server CPU µs | client CPU µs | wall µs | WAL bytes |\n| --- | --: | --: | --: | --: | --: |';
  const rows = [...spent].map(([name, all]) => {
    const mid = (/** @type {keyof import('./postgres.mjs').Spent} */ key) =>
      median(all.map((one) => one[key]));
    const figures = [mid('serverUs'), mid('clientUs'), mid('wallUs'), mid('walBytes')];
    return `| ${name} | ${mid('statements').toFixed(1)} | ${figures.map((value) => value.toFixed(0)).join(' | ')} |`;
  });
  return [head, ...rows].join('\n');
}

/** @param {string} line */
function print(line) {
  process.stdout.write(`${line}\n`);
}

const wanted = values.database.split(',');
if (wanted.includes('sqlite')) await onSqlite();
if (wanted.includes('postgres')) await onPostgres();
process.exit(0);
