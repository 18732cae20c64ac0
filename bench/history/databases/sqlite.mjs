import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { OWNER } from '../conversations.mjs';
import { SQL } from './plain-sql.mjs';

/**
 * better-sqlite3 by hand on our schema: prepared statements, one transaction a commit, and the
 * durability that our store asks for.
 *
 * @param {string} file
 * @returns {import('./database.mjs').PlainDatabase}
 */
export function plainSqlite(file) {
  const { database, run, all } = connection(file, 'FULL');
  // What our store does not flush is not flushed here either, where its own writes are repeated.
  const lazy = connection(file, 'NORMAL');
  return {
    load: async (rows) => load(database, rows),
    page: async (limit, offset) => all('page', OWNER, limit, offset),
    keysetPage: async (limit, updatedAt, id) => all('keyset', OWNER, updatedAt, id, limit),
    read: async (id, limit) => [
      ...all('conversation', OWNER, id),
      ...all('messages', OWNER, id, limit),
    ],
    append: async ({ id, messages, at }) =>
      database
        .transaction(() => {
          for (const message of messages) run('message', ...message);
          run('touch', at, messages.length, OWNER, id);
        })
        .immediate(),
    begin: async (claim, flushed) => {
      (flushed ? run : lazy.run)('claim', ...claim);
    },
    end: async (key, response, at) => {
      run('ended', response, at, key);
    },
    commit: async ({ key, id, at, messages: [question = [], answer = []] }) =>
      lazy.database
        .transaction(() => {
          lazy.run('kept', key);
          lazy.run('message', ...question);
          lazy.run('message', ...answer.slice(0, 5), '', at, 'streaming');
          lazy.run('touch', at, 2, OWNER, id);
        })
        .immediate(),
    finish: async ({ key, id, messageId, response, at, tokens }) =>
      database
        .transaction(() => {
          run('ended', response, at, key);
          run('answered', response, messageId);
          run('touch', at, 0, OWNER, id);
          run('logged', key, tokens.length, JSON.stringify(tokens));
        })
        .immediate(),
    megabytes: async () => statSync(file).size / 1e6,
    close: async () => {
      lazy.database.close();
      database.close();
    },
  };
}

/** @param {string} file @param {'FULL' | 'NORMAL'} synchronous */
function connection(file, synchronous) {
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${synchronous}`);
  const prepared = Object.fromEntries(
    Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql.replace(/\$\d+/g, '?'))]),
  );
  const run = (/** @type {keyof typeof SQL} */ name, /** @type {unknown[]} */ ...values) =>
    prepared[name]?.run(...values);
  const all = (/** @type {keyof typeof SQL} */ name, /** @type {unknown[]} */ ...values) =>
    prepared[name]?.all(...values) ?? [];
  return { database, run, all };
}

/** @param {Database.Database} database @param {Iterable<import('../conversations.mjs').SeedConversation>} rows */
function load(database, rows) {
  const conversation = database.prepare(SQL.newConversation.replace(/\$\d+/g, '?'));
  const message = database.prepare(SQL.message.replace(/\$\d+/g, '?'));
  database.transaction(() => {
    for (const { id, title, createdAt, updatedAt, messages } of rows) {
      conversation.run(OWNER, id, title, createdAt, updatedAt, messages.length);
      for (const one of messages) {
        message.run(one.id, OWNER, id, one.seq, one.role, one.content, one.createdAt, 'complete');
      }
    }
  })();
}
