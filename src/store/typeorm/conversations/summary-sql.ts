import { ofMessage } from './count-sql.js';

/** What lists show of a conversation `c`. */

const MESSAGES_OF = (alias: string) =>
  `messages ${alias} WHERE ${alias}.owner_id = c.owner_id AND ${alias}.conversation_id = c.id`;

/**
 * Stored as the end of the active branch where that has no message, though there are others: null is what a
 * release without branches leaves there.
 */
export const NO_END = '';

/** The end of a branch as it is stored. */
export function storedEnd(end: string | null, hasMessages: boolean): string | null {
  return end ?? (hasMessages ? NO_END : null);
}

/**
 * The end of the active branch. A release without branches does not keep it: it raises the count alone, or
 * deletes the message. Then it is the newest message.
 */
const ACTIVE = `CASE WHEN c.active_id = '${NO_END}' AND c.message_total >= c.message_count THEN NULL
  ELSE COALESCE(
    CASE WHEN c.message_total >= c.message_count
      THEN ${ofMessage('m.id', 'c.active_id', { owner: 'c.owner_id', conversation: 'c.id' })} END,
    (SELECT CASE n.role WHEN 'system' THEN NULL ELSE n.id END FROM ${MESSAGES_OF('n')}
     ORDER BY n.seq DESC LIMIT 1)) END`;

/** The first message is the system prompt, if there is one. */
export const SYSTEM = `(SELECT CASE s.role WHEN 'system' THEN s.content END FROM ${MESSAGES_OF('s')}
   ORDER BY s.seq LIMIT 1)`;

/** What its own row says. */
const ROW_COLUMNS = `c.id, c.title, c.title_by, c.created_at, c.updated_at, c.message_count,
  CASE WHEN c.message_total > c.message_count THEN c.message_total ELSE c.message_count END
    AS message_total,
  c.revision, c.model, c.tags, c.pinned, c.archived, c.forked_id, c.forked_message_id,
  c.chat_id, c.disposable, c.metadata`;

export const ACTIVE_GENERATION = `(SELECT g.public_id FROM generations g
   WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id) AS active_generation_id`;

export const SUMMARY_COLUMNS = `${ROW_COLUMNS}, ${ACTIVE} AS active_message_id, ${ACTIVE_GENERATION}`;

export const SETTING_COLUMNS = `${ROW_COLUMNS}, c.parameters`;

/** What is read of a conversation besides its messages. */
export const HEAD_COLUMNS = `${SUMMARY_COLUMNS}, c.parameters, ${SYSTEM} AS system`;

/** Names of `HEAD_COLUMNS`. */
export const HEAD_NAMES = [
  ...['id', 'title', 'title_by', 'created_at', 'updated_at', 'message_count', 'message_total'],
  ...[
    'revision',
    'model',
    'tags',
    'pinned',
    'archived',
    'forked_id',
    'forked_message_id',
    'chat_id',
    'disposable',
    'metadata',
  ],
  ...['active_message_id', 'active_generation_id', 'parameters', 'system'],
] as const;

/** A conversation without its messages. Parameters: owner, conversation. */
export const SUMMARY = `
  SELECT ${HEAD_COLUMNS} FROM conversations c WHERE c.owner_id = $1 AND c.id = $2`;
