import pg from 'pg';
import { OWNER } from '../conversations.mjs';
import { APPEND_CTE, FINISH_CTE, COMMIT_CTE, SQL } from './plain-sql.mjs';

const LOAD_ROWS = 5_000;

/**
 * `pg` by hand on our schema: one connection, named statements.
 *
 * @param {string} url
 * @returns {Promise<import('./database.mjs').PlainDatabase>}
 */
export async function plainPostgres(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const run = async (/** @type {keyof typeof SQL} */ name, /** @type {unknown[]} */ ...values) =>
    (await client.query({ name, text: SQL[name], values })).rows;
  return {
    load: (rows) => load(client, rows),
    page: (limit, offset) => run('page', OWNER, limit, offset),
    keysetPage: (limit, updatedAt, id) => run('keyset', OWNER, updatedAt, id, limit),
    read: async (id, limit) => [
      ...(await run('conversation', OWNER, id)),
      ...(await run('messages', OWNER, id, limit)),
    ],
    append: ({ id, at, messages: [question = [], answer = []] }) => {
      const values = [at, OWNER, id, question[0], question[3], question[5]];
      const all = [...values, answer[0], answer[3], answer[5]];
      return client.query({ name: 'append', text: APPEND_CTE, values: all });
    },
    begin: async (claim) => {
      await run('claim', ...claim);
    },
    end: async (key, response, at) => {
      await run('ended', response, at, key);
    },
    commit: ({ key, id, at, messages: [question = [], answer = []] }) => {
      const values = [at, OWNER, id, question[0], question[3], question[5], answer[0], answer[3]];
      return client.query({ name: 'commit', text: COMMIT_CTE, values: [...values, key] });
    },
    finish: ({ key, id, messageId, response, at, tokens }) => {
      const values = [response, at, key, messageId, OWNER, id, tokens.length];
      const all = [...values, JSON.stringify(tokens)];
      return client.query({ name: 'finish', text: FINISH_CTE, values: all });
    },
    megabytes: async () => {
      const { rows } = await client.query('SELECT pg_database_size(current_database()) AS bytes');
      return Number(rows[0]?.bytes) / 1e6;
    },
    close: () => client.end(),
  };
}

/** @param {pg.Client} client @param {Iterable<import('../conversations.mjs').SeedConversation>} rows */
async function load(client, rows) {
  await client.query('BEGIN');
  /** @type {import('../conversations.mjs').SeedConversation[]} */
  let batch = [];
  let size = 0;
  for (const conversation of rows) {
    batch.push(conversation);
    size += conversation.messages.length;
    if (size < LOAD_ROWS) continue;
    await insert(client, batch);
    [batch, size] = [[], 0];
  }
  await insert(client, batch);
  await client.query('COMMIT');
  // Not the empty tables: as such a server plans for them what stays planned when they fill.
  await client.query('VACUUM ANALYZE conversations, messages');
}

/** @param {pg.Client} client @param {import('../conversations.mjs').SeedConversation[]} batch */
async function insert(client, batch) {
  const column = (/** @type {keyof import('../conversations.mjs').SeedConversation} */ name) =>
    batch.map((conversation) => conversation[name]);
  await client.query(
    `INSERT INTO conversations (owner_id, id, title, created_at, updated_at, message_count)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::int[])`,
    [
      OWNER,
      column('id'),
      column('title'),
      column('createdAt'),
      column('updatedAt'),
      batch.map(({ messages }) => messages.length),
    ],
  );
  const messages = batch.flatMap(({ id, messages }) => messages.map((one) => ({ ...one, of: id })));
  await client.query(
    `INSERT INTO messages (owner_id, status, id, conversation_id, seq, role, content, created_at)
     SELECT $1, 'complete', * FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[])`,
    [
      OWNER,
      messages.map(({ id }) => id),
      messages.map(({ of }) => of),
      messages.map(({ seq }) => seq),
      messages.map(({ role }) => role),
      messages.map(({ content }) => content),
      messages.map(({ createdAt }) => createdAt),
    ],
  );
}
