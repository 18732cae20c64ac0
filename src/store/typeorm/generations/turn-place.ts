import { depthOf, ofMessage } from '../conversations/count-sql.js';
import { NO_END } from '../conversations/summary-sql.js';

/** Where a turn goes in the tree of its conversation, as expressions over `generations` or a row `g` of it. */

/** Condition that a row of the messages is of the conversation of a generation. */
const of = (message: string, generation: string) =>
  `${message}.owner_id = ${generation}.owner_id AND ${message}.conversation_id = ${generation}.conversation_id`;

/** A message as a parent: the system prompt is in no branch. */
const asParent = (message: string) =>
  `CASE ${message}.role WHEN 'system' THEN ${message}.conversation_id ELSE ${message}.id END`;

/**
 * The newest message of a conversation. Not MAX: with old statistics PostgreSQL would read them all for
 * that.
 */
export const newest = (columns: string, generation: string) => `
  (SELECT ${columns} FROM messages n WHERE ${of('n', generation)}
   ORDER BY n.seq DESC LIMIT 1)`;

const OF_GENERATION = {
  owner: 'generations.owner_id',
  conversation: 'generations.conversation_id',
};

/** A message that is to be the parent, if the conversation still has it; its own id is the top. */
const existing = (id: string) => `
  CASE WHEN ${id} = generations.conversation_id THEN generations.conversation_id
    ELSE ${ofMessage(asParent('m'), id, OF_GENERATION)} END`;

/** The parent of the answer that a turn of a release without branches was to replace. */
const OF_REPLACED = ofMessage(
  `COALESCE(m.parent_id,
    (SELECT ${asParent('n')} FROM messages n
     WHERE n.owner_id = m.owner_id AND n.conversation_id = m.conversation_id AND n.seq < m.seq
     ORDER BY n.seq DESC LIMIT 1),
    m.conversation_id)`,
  'generations.replaces_id',
  OF_GENERATION,
);

/** The end of the active branch; a release without branches does not keep it. */
const ACTIVE = `
  (SELECT CASE c.active_id WHEN '${NO_END}' THEN c.id
     ELSE ${ofMessage('m.id', 'c.active_id', OF_GENERATION)} END FROM conversations c
   WHERE c.owner_id = generations.owner_id AND c.id = generations.conversation_id
     AND c.message_total >= c.message_count)`;

/**
 * The parent of a turn that becomes messages: as it was staged, else as the worker read it, else the end of
 * the active branch. A message that is not there any more counts as none named.
 */
export const turnParent = (given: string): string =>
  `COALESCE(${[
    existing('generations.turn_parent_id'),
    OF_REPLACED,
    existing(`CAST(${given} AS varchar)`),
    ACTIVE,
    newest(asParent('n'), 'generations'),
    'generations.conversation_id',
  ].join(', ')})`;

/** How many messages there are up to the parent, without the system prompt. */
export const PARENT_DEPTH = depthOf('g.turn_parent_id', {
  owner: 'g.owner_id',
  conversation: 'g.conversation_id',
});

/** The parent as it is stored: null if it is the message before the turn. */
export const STORED_PARENT = `
  NULLIF(g.turn_parent_id, COALESCE(${newest(asParent('n'), 'g')}, g.conversation_id))`;

/** The title of a conversation that has no turn yet, if nobody else gave it one. */
export const FIRST_TITLE = `
  CASE WHEN g.first_title IS NOT NULL AND conversations.title_by = 'message'
      AND NOT EXISTS (SELECT 1 FROM messages n WHERE ${of('n', 'g')} AND n.role <> 'system')
    THEN g.first_title ELSE conversations.title END`;
