import type { Dialect } from '../database/dialect.js';
import type { ChainedStep } from '../database/sql-database.js';

/** What a write does with a turn. */
interface TurnChanges {
  /** It makes it messages: the state in which it leaves the turn, and the time as an expression. */
  begins: { state: 'kept' | 'kept_at_end'; now: string } | null;
  /** It ends the generation, then also of a turn that was committed before. */
  ends: boolean;
}

/** Only what the write itself makes has its first revision. */
const STARTED = `CASE WHEN c.revision = 1 THEN 'conversation.created,' ELSE '' END || 'generation.started'`;
const ENDED = `'generation.ended'`;

/**
 * Records what a turn does to its conversation, in one row: a second one would cost the turn as much again.
 * It is written after the conversation's own row is locked, so that those of a conversation are in the order
 * in which it changes.
 *
 * @param steps that changed the conversation and returned its row; none: the write leaves it as it is
 */
export function turnChangesStep(
  dialect: Dialect,
  steps: readonly string[],
  { begins, ends }: TurnChanges,
): ChainedStep {
  const now = begins?.now ?? 'g.finished_at';
  const events = new Map<string, string>();
  if (ends) events.set('kept', ENDED);
  if (begins) events.set(begins.state, ends ? `${STARTED} || ',' || ${ENDED}` : STARTED);
  const states = [...events.keys()];
  const [conversation, lock] =
    steps.length === 0
      ? ['conversations', dialect.lockRows('c', 'share')]
      : [dialect.returnedRows('conversations', steps), ''];
  return {
    name: 'recorded',
    applies: (head) => events.has(head.turn_state) && !head.conversation_deleted,
    sql: `
      INSERT INTO ${dialect.writtenChanges} (owner_id, conversation_id, revision, time, events,
        generation_id, message_id, status)
      SELECT c.owner_id, c.id, c.revision, ${now}, ${inState(events)}, g.public_id, g.message_id, g.status
      FROM ${dialect.changedRow} g
      JOIN ${conversation} c ON c.owner_id = g.owner_id AND c.id = g.conversation_id
      WHERE g.turn_state IN (${states.map((state) => `'${state}'`).join(', ')})
        AND NOT g.conversation_deleted
      ${lock}
      RETURNING revision`,
  };
}

/** What becomes of a turn, by the state in which the write leaves it. */
function inState(events: ReadonlyMap<string, string>): string {
  const [first, ...others] = events;
  if (!first || others.length === 0) return first?.[1] ?? '';
  const cases = [...events].map(([state, expression]) => `WHEN '${state}' THEN ${expression}`);
  return `CASE g.turn_state ${cases.join(' ')} END`;
}
