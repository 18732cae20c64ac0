import { turnChangesStep } from '../changes/turn-changes.js';
import { SYSTEM_COUNT, TOTAL } from '../conversations/count-sql.js';
import type { Dialect } from '../database/dialect.js';
import type { ChainedStep, ChainedWrite } from '../database/sql-database.js';
import { countedStep } from '../usage/usage-sql.js';
import { ALL_NAMED, finishHead } from './finish-head.js';
import { STILL_RUNS } from './generation-record.js';
import { MERGE } from './log-table.js';
import { FIRST_TITLE, PARENT_DEPTH, turnParent } from './turn-place.js';
import {
  CONVERSATION_STEPS,
  MESSAGE_STATUS,
  newMessages,
  stagedSystemCount,
  writtenSql,
} from './written-sql.js';

/** What a commit notes beside: the estimate of what was sent, where it is known. */
export const PROMPT_SENT = `prompt_estimate = COALESCE(CAST($4 AS bigint), prompt_estimate)`;

/**
 * Makes a staged turn messages. Parameters: key, worker, now, the estimate of what was sent, what the worker
 * read as its parent.
 */
export function commitTurnWrite(dialect: Dialect): ChainedWrite {
  const head = `
    UPDATE generations SET turn_state = 'kept', turn_parent_id = ${turnParent('$5')}, ${PROMPT_SENT}
    WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}
      AND turn_state = 'staged' AND NOT conversation_deleted
    RETURNING *
  `;
  const begins: TurnTime = { state: 'kept', now: 'CAST($3 AS bigint)' };
  const recorded = turnChangesStep(dialect, CONVERSATION_STEPS, { begins, ends: false });
  return { head, steps: [...turnSteps(dialect, begins), recorded] };
}

/**
 * Ends a generation. A turn that is still staged becomes messages, as `commitsTurn`
 * says. Parameters: key, worker, those of the end, of what it spent, of its tail, what the worker
 * read as its parent.
 */
export function finishWrite(dialect: Dialect): ChainedWrite {
  const begins: TurnTime = { state: 'kept_at_end', now: 'g.finished_at' };
  return {
    head: finishHead({
      turnState: TURN_STATE_AT_END,
      turnParent: `CASE ${TURN_STATE_AT_END} WHEN 'kept_at_end' THEN ${turnParent('$25')}
        ELSE turn_parent_id END`,
    }),
    steps: [
      ...turnSteps(dialect, begins),
      answeredStep(dialect),
      touchedStep(dialect),
      loggedStep(dialect),
      countedStep(dialect),
      turnChangesStep(dialect, [...CONVERSATION_STEPS, 'touched'], { begins, ends: true }),
    ],
  };
}

/** Ends a generation whose turn is committed already: fewer steps for the server to set up. */
export function finishCommittedWrite(dialect: Dialect): ChainedWrite {
  return {
    head: finishHead({ releases: '', condition: `AND turn_state = 'kept' AND ${ALL_NAMED}` }),
    steps: [
      answeredStep(dialect),
      touchedStep(dialect),
      loggedStep(dialect),
      countedStep(dialect),
      turnChangesStep(dialect, ['touched'], { begins: null, ends: true }),
    ],
  };
}

/** Ends only the generation: a turn that is not committed stays uncommitted. */
export function finishRecordWrite(dialect: Dialect): ChainedWrite {
  const recorded = turnChangesStep(dialect, [], { begins: null, ends: true });
  return { head: finishHead(), steps: [countedStep(dialect), recorded] };
}

/** The state of a staged turn after the end of its generation: `commitsTurn` in SQL. */
const TURN_STATE_AT_END = `CASE
  WHEN turn_state <> 'staged' OR NOT $14 OR conversation_deleted THEN turn_state
  WHEN stateless THEN 'kept_at_end'
  WHEN system_id IS NULL AND user_id IS NULL AND staged_messages IS NULL
    AND $8 = '' AND CAST($16 AS text) IS NULL THEN turn_state
  ELSE 'kept_at_end' END`;

export interface TurnTime {
  /** The state in which the head leaves a turn that is to become messages now. */
  state: 'kept' | 'kept_at_end';
  now: string;
}

function turnSteps(dialect: Dialect, { state, now }: TurnTime): ChainedStep[] {
  const row = `${dialect.changedRow} g`;
  const added = newMessages(dialect);
  const applies = (head: { turn_state: string }) => head.turn_state === state;
  const systems = `(CASE WHEN g.system_id IS NULL THEN 0 ELSE 1 END + ${stagedSystemCount(dialect)})`;
  // Another first turn has opened it meanwhile: its system prompt stays.
  const repeatedSystems = `CASE WHEN EXISTS (SELECT 1 FROM messages n
    WHERE n.owner_id = excluded.owner_id AND n.conversation_id = excluded.id)
    THEN excluded.system_count ELSE 0 END`;
  const step = (name: string, sql: string): ChainedStep => ({ name, sql, applies });
  const counted = (name: string, sql: string): ChainedStep => ({
    ...step(name, sql),
    isCounted: true,
  });
  return [
    counted(
      'opened',
      `INSERT INTO conversations (owner_id, id, title, created_at, updated_at, message_count,
         message_total, active_id, system_count, chat_id, disposable)
       SELECT g.owner_id, g.conversation_id, g.new_title, g.new_created_at, ${now}, ${added}, ${added},
         g.message_id, ${systems}, g.new_chat_id, g.kept
       FROM ${row} WHERE g.turn_state = '${state}' AND g.new_title IS NOT NULL
       ON CONFLICT (owner_id, id) DO UPDATE SET updated_at = excluded.updated_at,
         message_count = conversations.message_count + excluded.message_count - ${repeatedSystems},
         message_total = ${TOTAL} + excluded.message_total - ${repeatedSystems},
         active_id = excluded.active_id, revision = conversations.revision + 1
       RETURNING owner_id, id, revision`,
    ),
    counted(
      'continued',
      `UPDATE conversations SET updated_at = ${now}, title = ${FIRST_TITLE},
         message_count = ${PARENT_DEPTH} + ${SYSTEM_COUNT} + ${added},
         message_total = ${TOTAL} + ${added}, system_count = ${SYSTEM_COUNT},
         active_id = g.message_id, revision = revision + 1
       FROM ${row} WHERE g.turn_state = '${state}' AND g.new_title IS NULL
         AND conversations.owner_id = g.owner_id AND conversations.id = g.conversation_id
       RETURNING conversations.owner_id, conversations.id, conversations.revision`,
    ),
    step('written', writtenSql(dialect, state, now)),
  ];
}

/** Fills the message that was streaming, which is found by its id alone, as in `ofMessage`. */
function answeredStep(dialect: Dialect): ChainedStep {
  return {
    name: 'answered',
    applies: isCommittedBefore,
    sql: `
      UPDATE messages SET content = g.response, status = ${MESSAGE_STATUS},
        finish_reason = g.finish_reason, prompt_tokens = g.prompt_tokens,
        completion_tokens = g.completion_tokens, parts = g.parts
      FROM ${dialect.changedRow} g WHERE g.turn_state = 'kept' AND messages.id = g.message_id
        AND CASE WHEN messages.owner_id = g.owner_id THEN messages.conversation_id END
          = g.conversation_id
      RETURNING messages.id`,
  };
}

function touchedStep(dialect: Dialect): ChainedStep {
  return {
    name: 'touched',
    isCounted: true,
    applies: isCommittedBefore,
    sql: `
      UPDATE conversations SET updated_at = g.finished_at, revision = revision + 1
      FROM ${dialect.changedRow} g WHERE g.turn_state = 'kept'
        AND conversations.owner_id = g.owner_id AND conversations.id = g.conversation_id
      RETURNING conversations.owner_id, conversations.id, conversations.revision`,
  };
}

/** The last run of tokens: first number, how many, and the texts as JSON. */
export function loggedStep(dialect: Dialect): ChainedStep {
  return {
    name: 'logged',
    applies: () => true,
    sql: `
      INSERT INTO generation_log (generation_key, first_seq, token_count, tokens)
      SELECT g.key, CAST($22 AS integer), CAST($23 AS integer), CAST($24 AS text)
      FROM ${dialect.changedRow} g WHERE CAST($22 AS integer) IS NOT NULL
      ${MERGE}
      RETURNING generation_key`,
  };
}

function isCommittedBefore(head: { turn_state: string }): boolean {
  return head.turn_state === 'kept';
}
