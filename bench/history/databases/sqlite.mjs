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
  const database = new Database(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  const prepared = Object.fromEntries(
    Object.entries(SQL).map(([name, sql]) => [name, database.prepare(sql.replace(/\$\d+/g, '?'))]),
  );
  const run = (/** @type {keyof typeof SQL} */ name, /** @type {unknown[]} */ ...values) =>
    prepared[name]?.run(...values);
  const all = (/** @type {keyof typeof SQL} */ name, /** @type {unknown[]} */ ...values) =>
    prepared[name]?.all(...values) ?? [];
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
    begin: async (claim) => {
      run('claim', ...claim);
    },
    end: async (key, response, at) => {
      run('ended', response, at, key);
    },
    megabytes: async () => statSync(file).size / 1e6,
    close: async () => void database.close(),
  };
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
