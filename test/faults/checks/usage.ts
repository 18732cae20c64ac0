import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import pg from 'pg';
import type { StorageTarget } from '../../../src/config/settings.js';
import { openSqlite } from '../../support/sqlite.js';
import { answered } from './snapshot.js';
import type { Findings } from './story.js';

/** Ended answers that count, by how they ended. */
type Counts = Record<'completed' | 'cancelled' | 'failed', number>;

/** An end that a crash left open may be stored while both are read. */
const TRIES = 5;

/** I28: the usage is the sum over the ends that the store has. Before anything more is asked of the service. */
export async function usageIsTheSum(target: StorageTarget, base: string): Promise<Findings> {
  let findings: Findings = [];
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const ended = JSON.stringify(await endsIn(target));
    const counted = JSON.stringify(await countedBy(base));
    if (ended === counted) return [];
    findings = [`I28 ${ended} have ended and ${counted} are counted`];
  }
  return findings;
}

async function countedBy(base: string): Promise<Counts> {
  const { body } = await answered('GET', `${base}/api/usage`);
  const sum = (name: keyof Counts) =>
    body.items.reduce((total: number, item: Counts) => total + item[name], 0) as number;
  return { completed: sum('completed'), cancelled: sum('cancelled'), failed: sum('failed') };
}

async function endsIn(target: StorageTarget): Promise<Counts> {
  const statuses = await statusesIn(target);
  const count = (wanted: keyof Counts) => statuses.filter((status) => status === wanted).length;
  return {
    completed: count('completed'),
    cancelled: count('cancelled'),
    failed: count('failed'),
  };
}

/** Of a failure before the first token nothing counts. */
const ENDED = `SELECT status FROM generations
  WHERE finished_at IS NOT NULL AND NOT (status = 'failed' AND seq = 0)`;

async function statusesIn(target: StorageTarget): Promise<unknown[]> {
  switch (target.kind) {
    case 'memory':
      return [];
    case 'file':
      return inFolder(join(target.folder, 'generations'));
    case 'sqlite': {
      const database = openSqlite(target.file, { readonly: true });
      try {
        return (database.prepare(ENDED).all() as { status: string }[]).map(({ status }) => status);
      } finally {
        database.close();
      }
    }
    case 'postgres': {
      const client = new pg.Client(target.url);
      await client.connect();
      try {
        const { rows } = await client.query<{ status: string }>(ENDED);
        return rows.map(({ status }) => status);
      } finally {
        await client.end();
      }
    }
    case 'mongodb':
      return inMongo(target.url);
  }
}

async function inFolder(folder: string): Promise<unknown[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const rows = await Promise.all(
    names.map(async (name): Promise<unknown> => {
      const row = JSON.parse(await readFile(join(folder, name), 'utf8'));
      return row.spent === null || row.finishedAt === null ? null : row.status;
    }),
  );
  return rows;
}

async function inMongo(url: string): Promise<unknown[]> {
  const client = await new MongoClient(url).connect();
  try {
    const ended = await client.db().collection('generations').find({ runningOn: null }).toArray();
    return ended.map(({ end }) => (end?.spent ? end.status : null) as unknown);
  } finally {
    await client.close();
  }
}
