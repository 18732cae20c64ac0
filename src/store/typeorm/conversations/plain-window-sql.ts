import type { Dialect } from '../database/dialect.js';
import { ofMessage } from './count-sql.js';
import { ACTIVE_GENERATION, HEAD_NAMES, SETTING_COLUMNS, SYSTEM } from './summary-sql.js';

/**
 * Windows of a conversation that was never branched, whose newest message ends its only branch: a shorter
 * statement, which the server sets up in less time. One with branches comes without its messages, as
 * `branched`.
 */

const OWN = (alias: string) => `${alias}.owner_id = $1 AND ${alias}.conversation_id = $2`;

const BEFORE = ofMessage('m.seq', '$4', { owner: '$1', conversation: '$2' });

/**
 * The conversation joined with each of its messages, or with none, and with one message more than it is
 * asked for: the parent of the first one. The conversation is given with the newest message only.
 * Parameters: owner, conversation, how many messages, and the message to stop before where it is named.
 */
export function plainFind(dialect: Dialect, before: boolean): string {
  const end = before
    ? `(SELECT e.seq FROM messages e WHERE ${OWN('e')} AND e.seq < ${BEFORE}
        ORDER BY e.seq DESC LIMIT 1)`
    : 'newest.seq';
  return `
    WITH wanted AS MATERIALIZED (
      SELECT ${SETTING_COLUMNS}, ${ACTIVE_GENERATION}, c.message_count AS branch_length,
        CASE newest.role WHEN 'system' THEN NULL ELSE newest.id END AS active_message_id,
        CASE WHEN c.system_count = 0 THEN NULL ELSE ${SYSTEM} END AS system,
        ${before ? `${BEFORE} IS NOT NULL` : 'TRUE'} AS is_known, ${end} AS end_seq,
        EXISTS (SELECT 1 FROM messages b WHERE ${OWN('b')} AND b.parent_id <> '') AS branched
      FROM conversations c LEFT JOIN (
        SELECT n.id, n.seq, n.role FROM messages n WHERE ${OWN('n')}
        ORDER BY n.seq DESC LIMIT 1) newest ON TRUE
      WHERE c.owner_id = $1 AND c.id = $2)
    SELECT CASE WHEN p.seq IS NULL OR p.seq = wanted.end_seq THEN ${headJson(dialect)} END AS head,
      p.id AS message_id, p.client_id, p.seq, p.role, p.content, p.created_at AS written_at, p.status,
      p.model AS answer_model, p.finish_reason, p.prompt_tokens, p.completion_tokens,
      p.generation_id, p.parts, NULL AS parent_id, NULL AS before_id, NULL AS children, NULL AS kin,
      NULL AS elder_id
    FROM wanted LEFT JOIN (
      SELECT * FROM messages w WHERE ${OWN('w')}
        AND w.seq <= (SELECT CASE WHEN NOT branched THEN end_seq END FROM wanted)
      ORDER BY w.seq DESC LIMIT CAST($3 AS bigint) + 1) p ON TRUE`;
}

const headJson = (dialect: Dialect) =>
  dialect.jsonObject('wanted', [...HEAD_NAMES, 'branch_length', 'is_known', 'branched']);
