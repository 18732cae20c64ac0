import { STILL_RUNS } from './generation-record.js';

/** Of a turn that was not committed and will not be: its id and its key may be used again. */
const RELEASES = ['id_lock', 'idempotency_lock']
  .map((lock) => `${lock} = CASE WHEN $14 OR turn_state <> 'staged' THEN ${lock} END,`)
  .join(' ');

/** PostgreSQL has to know the type of each parameter. */
export const ALL_NAMED = 'CAST($14 AS boolean) IS NOT NULL';

/**
 * Ends the row of a generation, as the head of a chained write. Parameters: key, worker, those of the end.
 *
 * @param parts - `releases`: what it sets where the turn may stay uncommitted. SQLite writes each index on what
 *   is set, changed or not
 */
export const finishHead = ({
  turnState = 'turn_state',
  turnParent = 'turn_parent_id',
  releases = RELEASES,
  from = '',
  condition = '',
  returning = '*',
} = {}) => `
  UPDATE generations SET
    status = $3, phase = $4, finish_reason = $5, prompt_tokens = $6, completion_tokens = $7,
    response = $8, error_text = $9, error_code = $10, error_reason = $11,
    finished_at = $12, upstream_closed = $13,
    turn_state = ${turnState}, turn_parent_id = ${turnParent},
    ${releases} conversation_lock = NULL, slot_lock = NULL, seq = $15, parts = $16, report = $17
  ${from} WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS} ${condition}
  RETURNING ${returning}
`;
