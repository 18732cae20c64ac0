import type { Dialect } from '../database/dialect.js';
import type { SqlSession, SqlValue } from '../database/sql-database.js';

/** Condition: the ended generations of conversations. Parameters: owner, an array of ids. */
export const ofConversations = (
  dialect: Dialect,
): string => `owner_id = $1 AND finished_at IS NOT NULL
  AND conversation_id ${dialect.isAmong('$2')}`;

/**
 * Condition: the ended generations that wrote messages of a conversation. Parameters: owner, conversation, an
 * array of the messages' ids.
 */
export const ofMessages = (
  dialect: Dialect,
): string => `owner_id = $1 AND conversation_id = $2 AND finished_at IS NOT NULL
  AND message_id ${dialect.isAmong('$3')}`;

/** Condition: the one with a key, unless it runs. Parameter: the key. */
export const ENDED_WITH_KEY = 'key = $1 AND finished_at IS NOT NULL';

/** Removes what ended generations still have of deleted messages: texts, parts and logs. None is kept any more. */
export async function eraseGenerations(
  session: SqlSession,
  condition: string,
  parameters: readonly SqlValue[],
): Promise<void> {
  await session.query(
    `UPDATE generations SET conversation_deleted = TRUE, kept = FALSE, response = '', parts = NULL,
       new_title = NULL, first_title = NULL, new_chat_id = NULL, echo = NULL, system_content = NULL, user_content = NULL, staged_messages = NULL
     WHERE ${condition}`,
    parameters,
  );
  await session.query(
    `DELETE FROM generation_log WHERE generation_key IN (SELECT key FROM generations WHERE ${condition})`,
    parameters,
  );
}
