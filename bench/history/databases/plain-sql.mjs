/**
 * SQL that an engineer would write by hand for our tables. Parameters are in the order of their
 * numbers, so that they are the same for both drivers.
 */
export const SQL = {
  page: `SELECT id, title, created_at, updated_at, message_count FROM conversations
    WHERE owner_id = $1 ORDER BY updated_at DESC, id LIMIT $2 OFFSET $3`,
  keyset: `SELECT id, title, created_at, updated_at, message_count FROM conversations
    WHERE owner_id = $1 AND updated_at <= $2 AND id <> $3
    ORDER BY updated_at DESC, id LIMIT $4`,
  conversation: `SELECT id, title, created_at, updated_at, message_count FROM conversations
    WHERE owner_id = $1 AND id = $2`,
  messages: `SELECT id, role, content, created_at, status, model, finish_reason, prompt_tokens,
      completion_tokens, generation_id FROM messages
    WHERE owner_id = $1 AND conversation_id = $2 ORDER BY seq DESC LIMIT $3`,
  newConversation: `INSERT INTO conversations
    (owner_id, id, title, created_at, updated_at, message_count) VALUES ($1, $2, $3, $4, $5, $6)`,
  message: `INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
  touch: `UPDATE conversations SET updated_at = $1, message_count = message_count + $2
    WHERE owner_id = $3 AND id = $4`,
  claim: `INSERT INTO generations (key, owner_id, public_id, conversation_id, message_id, model,
      worker_id, on_disconnect, created_at, id_lock, conversation_lock)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
  ended: `UPDATE generations SET status = 'completed', phase = 'ended', response = $1,
      finished_at = $2, conversation_lock = NULL WHERE key = $3`,
  kept: `UPDATE generations SET turn_state = 'kept' WHERE key = $1`,
  answered: `UPDATE messages SET content = $1, status = 'complete' WHERE id = $2`,
  logged: `INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
    VALUES ($1, 1, $2, $3)`,
};

/** One commit in one round trip: the messages and their conversation, as PostgreSQL can. */
export const APPEND_CTE = `
  WITH touched AS (
    UPDATE conversations SET updated_at = $1, message_count = message_count + 2
    WHERE owner_id = $2 AND id = $3 RETURNING id)
  INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status)
  VALUES ($4, $2, $3, $5, 'user', $6, $1, 'complete'), ($7, $2, $3, $8, 'assistant', $9, $1, 'complete')`;

/** The turn is committed: its messages are stored, the answer is still empty. */
export const COMMIT_CTE = `
  WITH kept AS (UPDATE generations SET turn_state = 'kept' WHERE key = $9),
  touched AS (
    UPDATE conversations SET updated_at = $1, message_count = message_count + 2
    WHERE owner_id = $2 AND id = $3)
  INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status)
  VALUES ($4, $2, $3, $5, 'user', $6, $1, 'complete'), ($7, $2, $3, $8, 'assistant', '', $1, 'streaming')`;

/** It has ended: the answer, its log, its conversation's time, and the generation. */
export const FINISH_CTE = `
  WITH ended AS (UPDATE generations SET status = 'completed', phase = 'ended', response = $1,
    finished_at = $2, conversation_lock = NULL WHERE key = $3),
  answered AS (UPDATE messages SET content = $1, status = 'complete' WHERE id = $4),
  touched AS (UPDATE conversations SET updated_at = $2 WHERE owner_id = $5 AND id = $6)
  INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
  VALUES ($3, 1, $7, $8)`;
