import { STATUS_OF_END } from '../../rules/end.js';
import type { Dialect } from '../database/dialect.js';
import { newest, PARENT_DEPTH, STORED_PARENT } from './turn-place.js';

/** The steps that touched the turn's conversation: none means that it was deleted. */
export const CONVERSATION_STEPS = ['opened', 'continued'] as const;

/** Status of the answer's message by that of its generation. */
export const MESSAGE_STATUS = `CASE g.status ${Object.entries(STATUS_OF_END)
  .map(([end, message]) => `WHEN '${end}' THEN '${message}'`)
  .join(' ')} ELSE 'streaming' END`;

/** Messages in `staged_messages`. */
const stagedCount = (dialect: Dialect) =>
  `CASE WHEN g.staged_messages IS NULL THEN 0
    ELSE ${dialect.jsonLength('g.staged_messages')} END`;

export const newMessages = (
  dialect: Dialect,
) => `(1 + CASE WHEN g.system_id IS NULL THEN 0 ELSE 1 END
  + CASE WHEN g.user_id IS NULL THEN 0 ELSE 1 END + ${stagedCount(dialect)})`;

/** System prompts in `staged_messages`: it is the first there. */
export const stagedSystemCount = (dialect: Dialect) =>
  `CASE WHEN g.staged_messages IS NULL THEN 0 ELSE (SELECT COUNT(*)
    FROM ${dialect.jsonElements('g.staged_messages', 's')} WHERE s.value ->> 'role' = 'system') END`;

/**
 * The messages of a turn and its answer, numbered after the existing messages. They follow each other, so
 * that only the first of them stores a parent.
 */
export function writtenSql(dialect: Dialect, state: string, now: string): string {
  const place = dialect.jsonPlace('item');
  return `
    INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status,
      model, finish_reason, prompt_tokens, completion_tokens, generation_id, parts, parent_id, depth,
      client_id)
    WITH turn AS MATERIALIZED (
      SELECT g.*, ${MESSAGE_STATUS} AS answer_status, ${now} AS answered_at,
        COALESCE(${newest('n.seq', 'g')}, 0) AS last_seq,
        ${stagedCount(dialect)} AS staged_count, ${stagedSystemCount(dialect)} AS staged_systems,
        ${STORED_PARENT} AS stored_parent, ${PARENT_DEPTH} AS parent_depth
      FROM ${dialect.changedRow} g
      JOIN ${dialect.returnedRows('conversations', CONVERSATION_STEPS)} c
        ON c.owner_id = g.owner_id AND c.id = g.conversation_id
      WHERE g.turn_state = '${state}')
    SELECT message_id, owner_id, conversation_id, last_seq + 3 + staged_count, 'assistant', response, answered_at,
      answer_status, model, finish_reason, prompt_tokens, completion_tokens, public_id, parts,
      CASE WHEN user_id IS NULL AND staged_count = staged_systems THEN stored_parent END,
      parent_depth + CASE WHEN user_id IS NULL THEN 1 ELSE 2 END + staged_count - staged_systems,
      CAST(NULL AS varchar)
    FROM turn
    UNION ALL
    SELECT system_id, owner_id, conversation_id, last_seq + 1, 'system', system_content,
      system_created_at, 'complete', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL
    FROM turn WHERE system_id IS NOT NULL AND last_seq = 0
    UNION ALL
    SELECT user_id, owner_id, conversation_id, last_seq + 2, 'user', user_content, user_created_at,
      'complete', NULL, NULL, NULL, NULL, NULL, NULL, stored_parent, parent_depth + 1, NULL
    FROM turn WHERE user_id IS NOT NULL
    UNION ALL
    SELECT item.value ->> 'id', owner_id, conversation_id, last_seq + 2 + ${place},
      item.value ->> 'role', item.value ->> 'content',
      CAST(item.value ->> 'created_at' AS bigint), 'complete', NULL, NULL, NULL, NULL, NULL,
      item.value ->> 'parts', CASE WHEN ${place} = staged_systems THEN stored_parent END,
      CASE WHEN ${place} < staged_systems THEN 0
        ELSE parent_depth + 1 + ${place} - staged_systems END, item.value ->> 'client_id'
    FROM turn, ${dialect.jsonElements('turn.staged_messages', 'item')}
    WHERE last_seq = 0 OR ${place} >= staged_systems
    RETURNING id`;
}
