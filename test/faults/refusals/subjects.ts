import { mkdirSync, mkdtempSync, renameSync, rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Document } from 'mongodb';
import { freshMongo } from '../../support/mongo.js';
import { MongoWire } from '../../support/mongo-wire.js';
import { freshDatabase } from '../../support/postgres.js';

/** A write of a turn that a store can refuse. */
export type Write =
  | 'claim'
  | 'conversation made'
  | 'conversation changed'
  | 'message made'
  | 'message changed'
  | 'log'
  | 'end'
  | 'end with text';

/** A turn while it runs, as far as a refusal has to know it. */
export interface Turn {
  generationId: string;
  conversationId: string;
}

/** A store of its own that refuses a write from `refuse` to the returned function's call. */
export interface Subject {
  env: Record<string, string>;
  refuse(write: Write, turn: Turn | null): Promise<() => Promise<void>>;
  dispose(): Promise<void>;
}

/** Where each write shows in SQL: table, kind and condition. `length` counts text in both dialects. */
const SQL: Record<Write, { on: string; kind: 'INSERT' | 'UPDATE'; when: string }> = {
  claim: { on: 'generations', kind: 'INSERT', when: 'NEW.finished_at IS NULL' },
  'conversation made': { on: 'conversations', kind: 'INSERT', when: 'NEW.id IS NOT NULL' },
  'conversation changed': { on: 'conversations', kind: 'UPDATE', when: 'NEW.id IS NOT NULL' },
  'message made': { on: 'messages', kind: 'INSERT', when: 'NEW.id IS NOT NULL' },
  'message changed': { on: 'messages', kind: 'UPDATE', when: 'NEW.id IS NOT NULL' },
  log: { on: 'generation_log', kind: 'INSERT', when: 'NEW.first_seq > 0' },
  end: { on: 'generations', kind: 'UPDATE', when: 'NEW.finished_at IS NOT NULL' },
  'end with text': {
    on: 'generations',
    kind: 'UPDATE',
    when: 'NEW.finished_at IS NOT NULL AND length(NEW.response) > 0',
  },
};

const DATABASE = { HISTORY_STORAGE_TYPE: 'database' };

export async function sqlite(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'chat-refusing-'));
  const file = join(folder, 'chat.sqlite');
  const on = (sql: string): Promise<void> => {
    const database = new Sqlite(file);
    database.exec(sql);
    database.close();
    return Promise.resolve();
  };
  return Promise.resolve({
    env: { ...DATABASE, HISTORY_DB_URL: `sqlite:${file}` },
    refuse: async (write) => {
      const { on: table, kind, when } = SQL[write];
      await on(`CREATE TRIGGER refusal BEFORE ${kind} ON ${table} WHEN ${when}
        BEGIN SELECT RAISE(ABORT, 'refused'); END`);
      return () => on('DROP TRIGGER refusal');
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  });
}

export async function postgres(): Promise<Subject> {
  const database = await freshDatabase();
  await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused'; END $$`);
  return {
    env: { ...DATABASE, HISTORY_DB_URL: database.url },
    refuse: async (write) => {
      const { on: table, kind, when } = SQL[write];
      await database.query(`CREATE TRIGGER refusal BEFORE ${kind} ON ${table} FOR EACH ROW
        WHEN (${when}) EXECUTE FUNCTION refuse()`);
      return async () => {
        await database.query(`DROP TRIGGER refusal ON ${table}`);
      };
    },
    dispose: () => database.drop(),
  };
}

/** The command that each write is in MongoDB. */
const COMMANDS: Record<Write, (command: Document) => boolean> = {
  claim: ({ insert }) => insert === 'generations',
  'conversation made': ({ insert }) => insert === 'conversations',
  'conversation changed': ({ update }) => update === 'conversations',
  'message made': ({ insert }) => insert === 'messages',
  'message changed': ({ update }) => update === 'messages',
  log: ({ insert }) => insert === 'generation_log',
  end: (command) => endIn(command) !== undefined,
  'end with text': (command) => Boolean(endIn(command)?.response),
};

function endIn({ findAndModify, update }: Document): { response: string } | undefined {
  return findAndModify === 'generations' ? update?.$set?.end : undefined;
}

export async function mongo(): Promise<Subject> {
  const database = await freshMongo();
  const wire = new MongoWire(database.url);
  await wire.up();
  return {
    env: { ...DATABASE, HISTORY_DB_URL: wire.url },
    refuse: (write) => {
      wire.refuse(COMMANDS[write]);
      return Promise.resolve(() => {
        wire.refuse(() => false);
        return Promise.resolve();
      });
    },
    dispose: async () => {
      await wire.down();
      await database.drop();
    },
  };
}

/** Files refuse where a folder stands in a file's place. */
export async function file(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'chat-refusing-'));
  return Promise.resolve({
    env: { HISTORY_STORAGE_TYPE: 'file', HISTORY_FILE_PATH: folder },
    refuse: (write, turn) => {
      const path = join(
        folder,
        write === 'end'
          ? `generations/${turn?.generationId ?? ''}.json`
          : `${turn?.conversationId ?? ''}.json`,
      );
      renameSync(path, `${path}.aside`);
      mkdirSync(join(path, 'in the way'), { recursive: true });
      return Promise.resolve(() => {
        rmdirSync(join(path, 'in the way'));
        rmdirSync(path);
        renameSync(`${path}.aside`, path);
        return Promise.resolve();
      });
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  });
}
