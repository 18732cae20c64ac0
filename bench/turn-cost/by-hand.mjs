import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { OWNER } from '../history/conversations.mjs';
import { tokensOf } from '../history/our-store.mjs';

/** All that our store writes of a claim. */
const CLAIM = `
  INSERT INTO generations (key, owner_id, public_id, conversation_id, message_id, answer_parent_id,
    model, worker_id, on_disconnect, created_at, user_id, user_content, user_created_at, status,
    phase, started_at, usage_key, max_tokens, id_lock, conversation_lock, slot_lock)
  VALUES ($1, $2, $1, $3, $4, '', 'llama2', 'by-hand', 'cancel', $5, $6, $7, $5, 'running',
    'prompt', $5, $2, 1000, $1, $3, $8)`;

const ANSWER = `id, owner_id, conversation_id, seq, role, content, created_at, status, model,
  finish_reason, prompt_tokens, completion_tokens, generation_id, depth`;
const TOUCH = `UPDATE conversations SET updated_at = $1, revision = revision + 1`;
const GROWN = `message_count = message_count + 2, message_total = message_count + 2, active_id = $5`;
const OF_CONVERSATION = 'WHERE owner_id = $2 AND id = $3 RETURNING revision';
const USER = `($6, $2, $3, $8, 'user', $7, $1, 'complete', NULL, NULL, CAST(NULL AS integer),
  CAST(NULL AS integer), NULL, $8)`;
const recorded = (/** @type {string} */ events) => `
  INSERT INTO unnumbered_changes (owner_id, conversation_id, revision, time, events, generation_id,
    message_id, status)
  SELECT $2, $3, revision, $1, ${events}, $4, $5, 'completed' FROM touched`;
const ENDED = `UPDATE generations SET status = 'completed', phase = 'ended', finish_reason = 'stop',
  prompt_tokens = 26, completion_tokens = 64, response = $9, finished_at = $1, upstream_closed = TRUE,
  conversation_lock = NULL, slot_lock = NULL, seq = $10`;
const LOGGED = `logged AS (INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
  VALUES ($4, 1, $10, $11))`;
const COUNTED = `counted AS (
  INSERT INTO token_usage VALUES ($2, $2, $12, 'llama2', substr($4, 1, 1), 1, 1, 0, 0, 26, 64, 0)
  ON CONFLICT (owner_id, key_name, day, model, shard) DO UPDATE SET
    generations = token_usage.generations + 1, completed = token_usage.completed + 1,
    prompt_tokens = token_usage.prompt_tokens + 26,
    completion_tokens = token_usage.completion_tokens + 64)`;

/** A whole answer. Parameters: time, owner, conversation, key, ids, texts, seq, log, day. */
const FINISH = `
  WITH ended AS (${ENDED}, turn_state = 'kept_at_end', turn_parent_id = 'parent' WHERE key = $4),
  touched AS (${TOUCH}, ${GROWN} ${OF_CONVERSATION}),
  written AS (INSERT INTO messages (${ANSWER}) VALUES ${USER},
    ($5, $2, $3, $8 + 1, 'assistant', $9, $1, 'complete', 'llama2', 'stop', 26, 64, $4, $8 + 1)),
  ${LOGGED}, ${COUNTED} ${recorded(`'generation.started,generation.ended'`)}`;

/** A streamed one at its first token. */
const COMMIT = `
  WITH kept AS (UPDATE generations SET turn_state = 'kept', turn_parent_id = 'parent' WHERE key = $4),
  touched AS (${TOUCH}, ${GROWN} ${OF_CONVERSATION}),
  written AS (INSERT INTO messages (${ANSWER}) VALUES ${USER},
    ($5, $2, $3, $8 + 1, 'assistant', '', $1, 'streaming', 'llama2', NULL, NULL, NULL, $4, $8 + 1))
  ${recorded(`'generation.started'`)}`;

/** And at its end. */
const FINISH_COMMITTED = `
  WITH ended AS (${ENDED} WHERE key = $4),
  answered AS (UPDATE messages SET content = $9, status = 'complete', finish_reason = 'stop',
    prompt_tokens = 26, completion_tokens = 64 WHERE id = $5),
  touched AS (${TOUCH} ${OF_CONVERSATION}),
  ${LOGGED}, ${COUNTED} ${recorded(`'generation.ended'`)}`;

/** Without the parameters of the user's message, which it has not. */
const FINISH_OF_COMMITTED = FINISH_COMMITTED.replace(
  /\$(9|1[0-2])/g,
  (_match, number) => `$${Number(number) - 3}`,
);

const names = new Map([CLAIM, FINISH, COMMIT, FINISH_OF_COMMITTED].map((text, at) => [text, at]));

/**
 * The same writes as our store makes, in as many commits, as an engineer would write them for one kind of
 * turn: prepared statements of constants, without the conditions that fence a generation.
 *
 * @param {string} url
 */
export async function byHand(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const run = (/** @type {string} */ text, /** @type {unknown[]} */ values) =>
    client.query({ name: `hand ${names.get(text)}`, text, values });
  /** @param {string} conversationId @param {number} seq @param {import('../history/our-store.mjs').Turn} turn */
  const turn = async (conversationId, seq, { question, answer, streamed = false, newId }) => {
    const id = newId ?? randomUUID;
    const [key, messageId, userId, at] = [randomUUID(), id(), id(), Date.now()];
    const slot = streamed ? `bench:${key}` : null;
    await run(CLAIM, [key, OWNER, conversationId, messageId, at, userId, question, slot]);
    const place = [at, OWNER, conversationId, key, messageId];
    const tokens = tokensOf(answer);
    const log = [answer, tokens.length, JSON.stringify(tokens)];
    const day = new Date(at).toISOString().slice(0, 10);
    const user = [userId, question, seq];
    if (!streamed) return run(FINISH, [...place, ...user, ...log, day]);
    await run(COMMIT, [...place, ...user]);
    return run(FINISH_OF_COMMITTED, [...place, ...log, day]);
  };
  return { turn, close: () => client.end() };
}
