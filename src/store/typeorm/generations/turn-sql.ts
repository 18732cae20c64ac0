import type { Dialect } from '../database/dialect.js';
import { STATUS_OF_END } from '../../rules/end.js';
import type { ChainedStep, ChainedWrite } from '../database/sql-database.js';
import { STILL_RUNS } from './generation-record.js';
import { MERGE } from './log-table.js';

/** The steps that touched the turn's conversation: none means that it was deleted. */
export const CONVERSATION_STEPS = ['opened', 'continued'] as const;

/** Makes a staged turn messages. Parameters: key, worker, now. */
export function commitTurnWrite(dialect: Dialect): ChainedWrite {
  const head = `
    UPDATE generations SET turn_state = 'kept'
    WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}
      AND turn_state = 'staged' AND NOT conversation_deleted
    RETURNING *
  `;
  return { head, steps: turnSteps(dialect, { state: 'kept', now: 'CAST($3 AS bigint)' }) };
}

/**
 * Ends a generation. A turn that is still staged becomes messages, as `commitsTurn`
 * says. Parameters: key, worker, then those of
 * `finishParameters`.
 */
export function finishWrite(dialect: Dialect): ChainedWrite {
  return {
    head: finishHead(),
    steps: [
      ...turnSteps(dialect, { state: 'kept_at_end', now: 'g.finished_at' }),
      answeredStep(dialect),
      touchedStep(dialect),
      loggedStep(dialect),
    ],
  };
}

/** Ends a generation whose turn is committed already: fewer steps for the server to set up. */
export function finishCommittedWrite(dialect: Dialect): ChainedWrite {
  return {
    head: finishHead({ condition: `AND turn_state = 'kept'` }),
    steps: [answeredStep(dialect), touchedStep(dialect), loggedStep(dialect)],
  };
}

/** Ends only the generation: a turn that is not committed stays uncommitted. */
export function finishRecordWrite(): ChainedWrite {
  return { head: finishHead({ turnState: 'turn_state' }), steps: [] };
}

/** The state of a staged turn after the end of its generation: `commitsTurn` in SQL. */
const TURN_STATE_AT_END = `CASE
  WHEN turn_state <> 'staged' OR NOT $14 OR conversation_deleted THEN turn_state
  WHEN replaces_id IS NOT NULL AND $8 = '' AND CAST($16 AS text) IS NULL THEN turn_state
  ELSE 'kept_at_end' END`;

const finishHead = ({ turnState = TURN_STATE_AT_END, condition = '' } = {}) => `
  UPDATE generations SET
    status = $3, phase = $4, finish_reason = $5, prompt_tokens = $6, completion_tokens = $7,
    response = $8, error_text = $9, error_code = $10, error_reason = $11,
    finished_at = $12, upstream_closed = $13,
    turn_state = ${turnState},
    id_lock = CASE WHEN $14 OR turn_state <> 'staged' THEN id_lock END,
    idempotency_lock = CASE WHEN $14 OR turn_state <> 'staged' THEN idempotency_lock END,
    conversation_lock = NULL, slot_lock = NULL, seq = $15, parts = $16, report = $17
  WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS} ${condition}
  RETURNING *
`;

interface TurnTime {
  /** The state in which the head leaves a turn that is to become messages now. */
  state: 'kept' | 'kept_at_end';
  now: string;
}

function turnSteps(dialect: Dialect, { state, now }: TurnTime): ChainedStep[] {
  const row = `${dialect.changedRow} g`;
  const added = newMessages(dialect);
  const applies = (head: { turn_state: string }) => head.turn_state === state;
  const step = (name: string, sql: string): ChainedStep => ({ name, sql, applies });
  const turn = (column: string) =>
    `(SELECT g.${column} FROM ${row} WHERE g.turn_state = '${state}')`;
  return [
    step(
      'opened',
      `INSERT INTO conversations (owner_id, id, title, created_at, updated_at, message_count)
       SELECT g.owner_id, g.conversation_id, g.new_title, g.new_created_at, ${now}, ${added}
       FROM ${row} WHERE g.turn_state = '${state}' AND g.new_title IS NOT NULL
       ON CONFLICT (owner_id, id) DO UPDATE SET updated_at = excluded.updated_at,
         message_count = conversations.message_count + excluded.message_count
       RETURNING owner_id, id`,
    ),
    step(
      'continued',
      `UPDATE conversations SET updated_at = ${now},
         message_count = message_count + ${added} - ${REPLACED_MESSAGES}
       FROM ${row} WHERE g.turn_state = '${state}' AND g.new_title IS NULL
         AND conversations.owner_id = g.owner_id AND conversations.id = g.conversation_id
       RETURNING conversations.owner_id, conversations.id`,
    ),
    step('written', writtenSql(dialect, state, now)),
    step(
      'replaced',
      `DELETE FROM messages WHERE id = ${turn('replaces_id')}
         AND owner_id = ${turn('owner_id')} AND conversation_id = ${turn('conversation_id')}
       RETURNING id`,
    ),
  ];
}

/** Messages in `staged_messages`. */
const stagedCount = (dialect: Dialect) =>
  `CASE WHEN g.staged_messages IS NULL THEN 0
    ELSE ${dialect.jsonLength('g.staged_messages')} END`;

const newMessages = (dialect: Dialect) => `(1 + CASE WHEN g.system_id IS NULL THEN 0 ELSE 1 END
  + CASE WHEN g.user_id IS NULL THEN 0 ELSE 1 END + ${stagedCount(dialect)})`;

const REPLACED_MESSAGES = `(SELECT COUNT(*) FROM messages WHERE messages.id = g.replaces_id
  AND messages.owner_id = g.owner_id AND messages.conversation_id = g.conversation_id)`;

/** Status of the answer's message by that of its generation. */
const MESSAGE_STATUS = `CASE g.status ${Object.entries(STATUS_OF_END)
  .map(([end, message]) => `WHEN '${end}' THEN '${message}'`)
  .join(' ')} ELSE 'streaming' END`;

/**
 * The messages of a turn and its answer, numbered after the existing messages. The numbers of
 * `item.key` begin with 0 or 1.
 */
function writtenSql(dialect: Dialect, state: string, now: string): string {
  const plain = (role: 'system' | 'user', place: number) => `
    SELECT ${role}_id, owner_id, conversation_id, last_seq + ${place}, '${role}',
      ${role}_content, ${role}_created_at, 'complete', NULL, NULL, NULL, NULL, NULL, NULL
    FROM turn WHERE ${role}_id IS NOT NULL`;
  return `
    INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status,
      model, finish_reason, prompt_tokens, completion_tokens, generation_id, parts)
    WITH turn AS MATERIALIZED (
      SELECT g.*, ${MESSAGE_STATUS} AS answer_status, ${now} AS answered_at, (SELECT COALESCE(MAX(m.seq), 0) FROM messages m
        WHERE m.owner_id = g.owner_id AND m.conversation_id = g.conversation_id) AS last_seq,
        ${stagedCount(dialect)} AS staged_count
      FROM ${dialect.changedRow} g
      JOIN ${dialect.returnedRows('conversations', CONVERSATION_STEPS)} c
        ON c.owner_id = g.owner_id AND c.id = g.conversation_id
      WHERE g.turn_state = '${state}')
    SELECT message_id, owner_id, conversation_id, last_seq + 3 + staged_count, 'assistant', response, answered_at,
      answer_status, model, finish_reason, prompt_tokens, completion_tokens, public_id, parts
    FROM turn
    UNION ALL ${plain('system', 1)}
    UNION ALL ${plain('user', 2)}
    UNION ALL SELECT item.value ->> 'id', owner_id, conversation_id, last_seq + 2 + item.key,
      item.value ->> 'role', item.value ->> 'content',
      CAST(item.value ->> 'created_at' AS bigint), 'complete', NULL, NULL, NULL, NULL, NULL,
      item.value ->> 'parts'
    FROM turn, ${dialect.jsonElements('turn.staged_messages', 'item')}
    RETURNING id`;
}

/** Fills the message that was streaming. */
function answeredStep(dialect: Dialect): ChainedStep {
  return {
    name: 'answered',
    applies: isCommittedBefore,
    sql: `
      UPDATE messages SET content = g.response, status = ${MESSAGE_STATUS},
        finish_reason = g.finish_reason, prompt_tokens = g.prompt_tokens,
        completion_tokens = g.completion_tokens, parts = g.parts
      FROM ${dialect.changedRow} g WHERE g.turn_state = 'kept' AND messages.id = g.message_id
        AND messages.owner_id = g.owner_id AND messages.conversation_id = g.conversation_id
      RETURNING messages.id`,
  };
}

function touchedStep(dialect: Dialect): ChainedStep {
  return {
    name: 'touched',
    applies: isCommittedBefore,
    sql: `
      UPDATE conversations SET updated_at = g.finished_at
      FROM ${dialect.changedRow} g WHERE g.turn_state = 'kept'
        AND conversations.owner_id = g.owner_id AND conversations.id = g.conversation_id
      RETURNING conversations.id`,
  };
}

/** The last run of tokens: first number, how many, and the texts as JSON. */
function loggedStep(dialect: Dialect): ChainedStep {
  return {
    name: 'logged',
    applies: () => true,
    sql: `
      INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
      SELECT g.key, CAST($18 AS integer), CAST($19 AS integer), CAST($20 AS text)
      FROM ${dialect.changedRow} g WHERE CAST($18 AS integer) IS NOT NULL
      ${MERGE}
      RETURNING generation_key`,
  };
}

function isCommittedBefore(head: { turn_state: string }): boolean {
  return head.turn_state === 'kept';
}
