import type { Dialect } from '../database/dialect.js';
import { depthOf, ofMessage } from './count-sql.js';
import { HEAD_COLUMNS, HEAD_NAMES } from './summary-sql.js';

/**
 * Windows of messages along a branch. A message without a parent follows the one before it, so a branch is
 * made up of runs: messages whose numbers follow each other, down to one with a parent, whose run comes
 * next. A conversation that was never branched is one run. Parents have smaller numbers, so the order of
 * the numbers is that of the branch.
 *
 * Parameters of a window: owner, conversation, how many messages, then the message to stop before and
 * the end of the branch where they are named.
 */

/** Which branch is read: the active one, the one up to a message, or all messages. */
type BranchKind = 'active' | 'upTo' | 'all';

const LAST_SEQ = 2 ** 31 - 1;
const FIRST_SEQ = -(2 ** 31);

const OWN = (alias: string) => `${alias}.owner_id = $1 AND ${alias}.conversation_id = $2`;

const PLACE = { owner: '$1', conversation: '$2' };

/** Whether it was ever branched. */
const BRANCHED = `EXISTS (SELECT 1 FROM messages b WHERE ${OWN('b')} AND b.parent_id <> '')`;

/** Number of a message; null where the conversation has none of this id. */
const seqOf = (id: string) => ofMessage('m.seq', id, PLACE);

/** Number of the system prompt. */
const SYSTEM_SEQ = `(SELECT CASE t.role WHEN 'system' THEN t.seq END FROM messages t
  WHERE ${OWN('t')} ORDER BY t.seq LIMIT 1)`;

/** What of a window depends on which branch is read. */
interface BranchSql {
  /** The number up to which it goes. */
  end: string;
  /** How many messages it has, with the system prompt. */
  length: string;
  /** Whether the conversation has its end. */
  isKnown: string;
}

const BRANCHES: Record<BranchKind, (end: string) => BranchSql> = {
  active: () => ({
    end: `CASE WHEN ${BRANCHED} THEN COALESCE(${seqOf('head.active_message_id')}, ${SYSTEM_SEQ})
      ELSE ${LAST_SEQ} END`,
    length: 'head.message_count',
    isKnown: 'TRUE',
  }),
  upTo: (end) => ({
    end: `CASE WHEN ${end} = $2 THEN ${SYSTEM_SEQ} ELSE ${seqOf(end)} END`,
    length: `${depthOf(end, PLACE)} + CASE WHEN ${SYSTEM_SEQ} IS NULL THEN 0 ELSE 1 END`,
    isKnown: `(${end} = $2 OR ${seqOf(end)} IS NOT NULL)`,
  }),
  all: () => ({ end: String(LAST_SEQ), length: 'head.message_total', isKnown: 'TRUE' }),
};

/** The number up to which the messages above message `m` go: its parent's. */
const ABOVE = `CASE WHEN m.parent_id IS NULL THEN m.seq - 1
  WHEN m.parent_id = $2 THEN ${SYSTEM_SEQ}
  ELSE (SELECT s.seq FROM messages s WHERE s.id = m.parent_id) END`;

/** Start of the run of the message with a number: the last one up to it that has a parent. */
const startOf = (seq: string) => `(SELECT b.seq FROM messages b
  WHERE ${OWN('b')} AND b.parent_id <> '' AND b.seq <= ${seq} ORDER BY b.seq DESC LIMIT 1)`;

/** The number of the parent of the message that run `r` starts with. */
const PARENT_OF_RUN = `
  (SELECT CASE WHEN f.parent_id = $2 THEN ${SYSTEM_SEQ} ELSE ${seqOf('f.parent_id')} END
   FROM messages f WHERE ${OWN('f')} AND f.seq = r.first_seq)`;

/** The newest messages of run `r`, as many as the whole window has. */
const NEWEST_OF_RUN = `
  (SELECT x.seq FROM messages x WHERE ${OWN('x')} AND x.seq <= r.last_seq
     AND x.seq >= COALESCE(r.first_seq, ${FIRST_SEQ})
   ORDER BY x.seq DESC LIMIT CAST($3 AS bigint))`;

/**
 * `wanted`: the conversation. `runs`: what its window has of the runs of the branch, as numbers `low` to
 * `high`.
 */
function runsSql(kind: BranchKind, before: boolean): string {
  const { end, length, isKnown } = BRANCHES[kind](before ? '$5' : '$4');
  const endAbove = ofMessage(kind === 'all' ? 'm.seq - 1' : ABOVE, '$4', PLACE);
  return `
    WITH RECURSIVE wanted AS MATERIALIZED (
      SELECT head.*, ${length} AS branch_length, ${BRANCHED} AS branched,
        ${isKnown} ${before ? `AND ${seqOf('$4')} IS NOT NULL` : ''} AS is_known,
        ${before ? endAbove : end} AS end_seq
      FROM (SELECT ${HEAD_COLUMNS} FROM conversations c
        WHERE c.owner_id = $1 AND c.id = $2) head),
    run (last_seq, first_seq, room) AS (
      SELECT end_seq, ${kind === 'all' ? 'CAST(NULL AS integer)' : startOf('end_seq')},
        CAST($3 AS bigint)
      FROM wanted WHERE end_seq IS NOT NULL
      UNION ALL
      SELECT ${PARENT_OF_RUN}, ${startOf(PARENT_OF_RUN)},
        r.room - (SELECT COUNT(*) FROM ${NEWEST_OF_RUN} taken)
      FROM run r WHERE r.room > 0 AND r.first_seq IS NOT NULL),
    runs AS MATERIALIZED (
      SELECT r.last_seq AS high, (SELECT MIN(taken.seq) FROM (
          SELECT newest.seq, ROW_NUMBER() OVER (ORDER BY newest.seq DESC) AS place
          FROM ${NEWEST_OF_RUN} newest) taken WHERE taken.place <= r.room) AS low
      FROM run r WHERE r.room > 0 AND r.last_seq IS NOT NULL)`;
}

/** The message before `p`; none is before the first one. */
const BEFORE = `COALESCE((SELECT CASE q.role WHEN 'system' THEN q.conversation_id ELSE q.id END
  FROM messages q WHERE ${OWN('q')} AND q.seq < p.seq ORDER BY q.seq DESC LIMIT 1), $2)`;

/**
 * The messages that store a parent, as `number:id`, in no order: to order them PostgreSQL might go along
 * all branches.
 */
const childrenOf = (id: string) => `(SELECT string_agg(k.seq || ':' || k.id, ',') FROM messages k
  WHERE ${OWN('k')} AND k.parent_id = ${id})`;

/**
 * Columns of a message `p`, with what tells its parent and siblings. `before_id` is the message before the
 * first one that is read. `children` store `p` as their parent, `kin` the parent of `p`; a message without
 * a parent of its own has the children of the one before it as `kin`. `elder_id` is the child of the parent
 * of `p` that does not store it. Children are looked for in a conversation with branches only.
 */
const messageColumns = (
  lowest: string,
  branched: string,
) => `p.id AS message_id, p.client_id, p.seq, p.role, p.content,
  p.created_at AS written_at, p.status, p.model AS answer_model, p.finish_reason, p.prompt_tokens,
  p.completion_tokens, p.generation_id, p.parts, p.parent_id,
  CASE WHEN p.seq = ${lowest} THEN ${BEFORE} END AS before_id,
  CASE WHEN ${branched}
    THEN ${childrenOf(`CASE p.role WHEN 'system' THEN $2 ELSE p.id END`)} END AS children,
  CASE WHEN ${branched} AND p.parent_id IS NOT NULL THEN ${childrenOf('p.parent_id')}
    WHEN ${branched} AND p.seq = ${lowest} THEN ${childrenOf(BEFORE)} END AS kin,
  CASE WHEN p.parent_id IS NOT NULL THEN (
    SELECT CASE WHEN e.parent_id IS NULL THEN e.id END FROM messages e
    WHERE ${OWN('e')} AND e.seq > COALESCE(${seqOf('p.parent_id')}, ${SYSTEM_SEQ}, ${FIRST_SEQ})
    ORDER BY e.seq LIMIT 1) END AS elder_id`;

const LOWEST = '(SELECT MIN(low) FROM runs)';

const IN_RUN = `${OWN('p')} AND p.seq >= runs.low AND p.seq <= runs.high`;

/**
 * The messages of a window, or none, in no order. One statement is consistent; the conversation comes with
 * the first message only.
 */
const findSql = (dialect: Dialect, kind: BranchKind, before: boolean): string => `
  ${runsSql(kind, before)}
  SELECT CASE WHEN p.seq IS NULL OR p.seq = ${LOWEST} THEN ${headJson(dialect)} END AS head,
    ${messageColumns(LOWEST, '(SELECT branched FROM wanted)')}
  FROM wanted LEFT JOIN runs ON TRUE
    LEFT JOIN ${dialect.eachOf('messages', 'p', IN_RUN)}`;

/** The runs of a window, or none. */
const runsOfSql = (dialect: Dialect, kind: BranchKind, before: boolean): string => `
  ${runsSql(kind, before)}
  SELECT CASE WHEN runs.low IS NULL OR runs.low = ${LOWEST} THEN ${headJson(dialect)} END AS head,
    runs.low, runs.high, CASE WHEN (SELECT COUNT(*) FROM runs) > 1 THEN (
      SELECT COUNT(*) FROM messages m
      WHERE ${OWN('m')} AND m.seq >= runs.low AND m.seq <= runs.high) END AS length
  FROM wanted LEFT JOIN runs ON TRUE ORDER BY runs.low`;

/** As the rows of a conversation are read. */
const headJson = (dialect: Dialect) =>
  dialect.jsonObject('wanted', [...HEAD_NAMES, 'branch_length', 'is_known']);

/** The statements of a window. */
export interface WindowSql {
  /** The conversation joined with each of its messages. */
  readonly find: string;
  /** The conversation joined with each run. */
  readonly runs: string;
}

/** By whether a message to stop before is named, and by the branch that is read. */
export type WindowStatements = Record<'whole' | 'before', Record<BranchKind, WindowSql>>;

export function windowStatements(dialect: Dialect): WindowStatements {
  const statements = (kind: BranchKind, before: boolean): WindowSql => ({
    find: findSql(dialect, kind, before),
    runs: runsOfSql(dialect, kind, before),
  });
  const branches = (before: boolean) => ({
    active: statements('active', before),
    upTo: statements('upTo', before),
    all: statements('all', before),
  });
  return { whole: branches(false), before: branches(true) };
}

const FIRST_OF_PAGE = `(SELECT l.seq FROM messages l WHERE ${OWN('l')} AND l.seq >= $3
  ORDER BY l.seq LIMIT 1)`;

/** Messages of one run. Parameters: owner, conversation, first number, last number, how many. */
export const PAGE_OF_RUN = `
  SELECT ${messageColumns(FIRST_OF_PAGE, BRANCHED)} FROM messages p WHERE ${OWN('p')} AND p.seq >= $3 AND p.seq <= $4 ORDER BY p.seq LIMIT $5`;

/** All messages of some runs. Parameters: owner, conversation, an array of arrays of two numbers. */
export const pageOfRuns = (dialect: Dialect): string => `
  WITH runs AS MATERIALIZED (
    SELECT CAST(r.value ->> 0 AS integer) AS low, CAST(r.value ->> 1 AS integer) AS high
    FROM ${dialect.jsonElements('$3', 'r')})
  SELECT ${messageColumns(LOWEST, BRANCHED)}
  FROM runs JOIN ${dialect.eachOf('messages', 'p', IN_RUN)} ORDER BY p.seq`;

const SKELETON_COLUMNS = 'SELECT m.id, m.seq, m.role, m.status, m.parent_id FROM messages m';

/** All messages without their texts. Parameters: owner, conversation. */
export const SKELETON = `${SKELETON_COLUMNS} WHERE ${OWN('m')} ORDER BY m.seq`;

/** The same from a message on. Parameters: owner, conversation, message. */
export const SKELETON_FROM = `
  ${SKELETON_COLUMNS} WHERE ${OWN('m')} AND m.seq >= ${seqOf('$3')} ORDER BY m.seq`;
