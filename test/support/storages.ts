import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StorageTarget } from '../../src/config/settings.js';
import { describeMongo, freshMongo } from './mongo.js';
import { describePostgres, freshDatabase } from './postgres.js';
import { describeSqlite } from './sqlite.js';

/** A kind of history on data of its own, as settings and as environment. */
export interface TestStorage {
  target: StorageTarget;
  env: Record<string, string>;
  dispose(): Promise<void>;
}

/** As an argument of a command names it. */
export function argumentOf(target: StorageTarget): string {
  switch (target.kind) {
    case 'memory':
      return 'memory';
    case 'file':
      return `file:${target.folder}`;
    case 'sqlite':
      return `sqlite:${target.file}`;
    case 'postgres':
    case 'mongodb':
      return target.url;
  }
}

type MakeStorage = () => Promise<TestStorage>;

async function memory(): Promise<TestStorage> {
  return Promise.resolve({
    target: { kind: 'memory' },
    env: { HISTORY_STORAGE_TYPE: 'memory' },
    dispose: () => Promise.resolve(),
  });
}

async function file(): Promise<TestStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-file-'));
  return {
    target: { kind: 'file', folder },
    env: { HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: folder },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

export async function sqliteStorage(): Promise<TestStorage> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-sqlite-'));
  const path = join(folder, 'chat.sqlite');
  return {
    target: { kind: 'sqlite', file: path },
    env: { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: `sqlite:${path}` },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

async function postgres(): Promise<TestStorage> {
  const { url, drop } = await freshDatabase();
  return {
    target: { kind: 'postgres', url, pool: 5 },
    env: { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: url },
    dispose: drop,
  };
}

export async function mongoStorage(): Promise<TestStorage> {
  const { url, drop } = await freshMongo();
  return {
    target: { kind: 'mongodb', url, pool: 5 },
    env: { HISTORY_STORAGE_TYPE: 'database', HISTORY_DB_URL: url },
    dispose: drop,
  };
}

/** PostgreSQL alone. */
export function describeOnPostgres(title: string, tests: (make: MakeStorage) => void): void {
  describePostgres(`${title}, on PostgreSQL`, () => tests(postgres));
}

/** Stores that several workers share. */
export function describeOnSharedStores(title: string, tests: (make: MakeStorage) => void): void {
  describeSqlite(`${title}, on SQLite`, () => tests(sqliteStorage));
  describeOnPostgres(title, tests);
  describeMongo(`${title}, on MongoDB`, () => tests(mongoStorage));
}

/** Stores that outlive their process. */
export function describeOnDurableStores(title: string, tests: (make: MakeStorage) => void): void {
  describe(`${title}, on file`, () => tests(file));
  describeOnSharedStores(title, tests);
}

/** The same tests on every kind of history. */
export function describeOnEveryStore(title: string, tests: (make: MakeStorage) => void): void {
  describe(`${title}, in memory`, () => tests(memory));
  describeOnDurableStores(title, tests);
}
