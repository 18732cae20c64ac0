import { turnChangesStep } from '../changes/turn-changes.js';
import { TOTAL } from '../conversations/count-sql.js';
import type { Dialect } from '../database/dialect.js';
import type { ChainedStep, ChainedWrite } from '../database/sql-database.js';
import { countedStep } from '../usage/usage-sql.js';
import { finishHead } from './finish-head.js';
import { STILL_RUNS } from './generation-record.js';
import { newest } from './turn-place.js';
import { loggedStep, PROMPT_SENT, type TurnTime } from './turn-sql.js';
import { MESSAGE_STATUS } from './written-sql.js';

/**
 * The writes of the most frequent turns, of `PlainKind`: shorter statements, which the server sets up in
 * less time. They change nothing where the turn goes to another place; the general write is for that.
 */
export interface PlainWrites {
  /** Parameters: those of the general write. */
  following: ChainedWrite;
  /** Parameters: the same without what the worker read as the parent. */
  opening: ChainedWrite;
}

/** Makes a staged turn messages, like `commitTurnWrite`. */
export function commitPlainWrites(dialect: Dialect): PlainWrites {
  const time: TurnTime = { state: 'kept', now: 'CAST($3 AS bigint)' };
  const write = (place: PlainPlace): ChainedWrite => ({
    head: `
      UPDATE generations SET turn_state = 'kept', turn_parent_id = ${place.parent}, ${PROMPT_SENT}
      ${place.from}
      WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}
        AND turn_state = 'staged' AND NOT conversation_deleted AND ${place.condition}
      RETURNING ${dialect.returnedBeside(place.columns)}`,
    steps: turnSteps(dialect, place, time, false),
  });
  return { following: write(following(dialect, '$5')), opening: write(opening(dialect)) };
}

/** Ends a generation whose turn is still staged and to be committed, like `finishWrite`. */
export function finishPlainWrites(dialect: Dialect): PlainWrites {
  const time: TurnTime = { state: 'kept_at_end', now: 'g.finished_at' };
  const kept = 'NOT conversation_deleted';
  const write = (place: PlainPlace): ChainedWrite => ({
    head: finishHead({
      turnState: `CASE WHEN ${kept} THEN 'kept_at_end' ELSE turn_state END`,
      turnParent: `CASE WHEN ${kept} THEN ${place.parent} ELSE turn_parent_id END`,
      releases: '',
      from: place.from,
      condition: `AND $14 AND turn_state = 'staged' AND ${place.condition}`,
      returning: dialect.returnedBeside(place.columns),
    }),
    steps: [...turnSteps(dialect, place, time, true), loggedStep(dialect), countedStep(dialect)],
  });
  return { following: write(following(dialect, '$25')), opening: write(opening(dialect)) };
}

/** Where a turn goes if that needs no search in a tree, as expressions over its row `g`. */
interface PlainPlace {
  /** What the head is joined with. */
  from: string;
  /** What is true of the turn. */
  condition: string;
  /** Columns that the head adds to the row. */
  columns: readonly string[];
  /** As an expression of the head. */
  parent: string;
  depth: string;
  lastSeq: string;
  /** FROM item with the row and the columns. */
  row: string;
  roles: readonly ('system' | 'user')[];
  conversationStep: (time: TurnTime) => ChainedStep;
}

/**
 * After the newest message of the conversation, which the worker names. Its conversation is compared in a
 * CASE, so that it is found by its id; the system prompt has no depth.
 */
function following(dialect: Dialect, given: string): PlainPlace {
  const columns = ['m.seq AS parent_seq', 'm.depth AS parent_depth'];
  const row = `${dialect.changedRowBeside(columns, 'messages m', 'm.id = turn_parent_id')} g`;
  return {
    from: 'FROM messages m',
    condition: `m.id = ${given} AND m.depth > 0 AND COALESCE(turn_parent_id, m.id) = m.id
      AND CASE WHEN m.owner_id = generations.owner_id
          AND m.conversation_id = generations.conversation_id THEN m.seq END
        = ${newest('n.seq', 'generations')}`,
    columns,
    parent: 'm.id',
    depth: 'g.parent_depth',
    lastSeq: 'g.parent_seq',
    row,
    roles: ['user'],
    conversationStep: ({ state, now }) => ({
      name: 'continued',
      isCounted: true,
      applies: (head) => head.turn_state === state,
      sql: `
        UPDATE conversations SET updated_at = ${now}, message_total = ${TOTAL} + 2,
          message_count = COALESCE(g.parent_depth + system_count, message_count) + 2,
          active_id = g.message_id, revision = revision + 1
        FROM ${row} WHERE g.turn_state = '${state}'
          AND conversations.owner_id = g.owner_id AND conversations.id = g.conversation_id
        RETURNING conversations.owner_id, conversations.id, conversations.revision`,
    }),
  };
}

/** At the beginning of a new conversation. */
function opening(dialect: Dialect): PlainPlace {
  const row = `${dialect.changedRow} g`;
  const systems = 'CASE WHEN g.system_id IS NULL THEN 0 ELSE 1 END';
  return {
    from: '',
    condition: `NOT EXISTS (SELECT 1 FROM conversations c
      WHERE c.owner_id = generations.owner_id AND c.id = generations.conversation_id)`,
    columns: [],
    parent: 'conversation_id',
    depth: '0',
    lastSeq: '0',
    row,
    roles: ['system', 'user'],
    conversationStep: ({ state, now }) => ({
      name: 'opened',
      isCounted: true,
      applies: (head) => head.turn_state === state,
      sql: `
        INSERT INTO conversations (owner_id, id, title, created_at, updated_at, message_count,
          message_total, active_id, system_count, disposable)
        SELECT g.owner_id, g.conversation_id, g.new_title, g.new_created_at, ${now},
          2 + ${systems}, 2 + ${systems}, g.message_id, ${systems}, g.kept
        FROM ${row} WHERE g.turn_state = '${state}'
        RETURNING owner_id, id, revision`,
    }),
  };
}

/** @param ends - whether the write also ends the generation */
function turnSteps(
  dialect: Dialect,
  place: PlainPlace,
  begins: TurnTime,
  ends: boolean,
): ChainedStep[] {
  const conversation = place.conversationStep(begins);
  const recorded = turnChangesStep(dialect, [conversation.name], { begins, ends });
  return [conversation, writtenStep(dialect, place, begins), recorded];
}

/** The messages and their answer. They follow what is there: none stores a parent. */
function writtenStep(dialect: Dialect, place: PlainPlace, { state, now }: TurnTime): ChainedStep {
  const { row, roles, depth, lastSeq, conversationStep } = place;
  const conversations = [conversationStep({ state, now }).name];
  const staged = {
    system: `
      UNION ALL SELECT system_id, owner_id, conversation_id, last_seq + 1, 'system', system_content,
        system_created_at, 'complete', NULL, NULL, NULL, NULL, NULL, NULL, 0
      FROM turn WHERE system_id IS NOT NULL`,
    user: `
      UNION ALL SELECT user_id, owner_id, conversation_id, last_seq + 2, 'user', user_content,
        user_created_at, 'complete', NULL, NULL, NULL, NULL, NULL, NULL, depth_above + 1
      FROM turn`,
  };
  return {
    name: 'written',
    applies: (head) => head.turn_state === state,
    sql: `
      INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status,
        model, finish_reason, prompt_tokens, completion_tokens, generation_id, parts, depth)
      WITH turn AS MATERIALIZED (
        SELECT g.*, ${MESSAGE_STATUS} AS answer_status, ${now} AS answered_at,
          ${lastSeq} AS last_seq, ${depth} AS depth_above
        FROM ${row} JOIN ${dialect.returnedRows('conversations', conversations)} c
          ON c.owner_id = g.owner_id AND c.id = g.conversation_id
        WHERE g.turn_state = '${state}')
      SELECT message_id, owner_id, conversation_id, last_seq + 3, 'assistant', response, answered_at,
        answer_status, model, finish_reason, prompt_tokens, completion_tokens, public_id, parts,
        depth_above + 2
      FROM turn ${roles.map((role) => staged[role]).join('')}
      RETURNING id`,
  };
}
