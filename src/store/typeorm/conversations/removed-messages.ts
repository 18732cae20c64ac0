import { recordChange } from '../changes/change-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { eraseGenerations, ofMessages } from '../generations/erasure.js';
import { removeImagesOf } from '../images/image-removal.js';
import type { Subject } from './locked-conversation.js';
import { storedEnd } from './summary-sql.js';

/** What becomes of a conversation whose messages are removed. */
export interface Removed {
  gone: readonly string[];
  /** The end of its active branch from then on. */
  end: string | null;
  /** How many messages that has, without the system prompt. */
  depth: number;
  /** Messages that stay, without the system prompt. */
  left: number;
  systems: number;
  /** Of the conversation before. */
  revision: number;
}

/** Removes messages with all that belongs to them. Part of a transaction that has locked the conversation. */
export async function removeMessages(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id }: Subject,
  { gone, end, depth, left, systems, revision }: Removed,
): Promise<void> {
  const removed = [ownerId, id, JSON.stringify(gone)];
  await session.query(
    `DELETE FROM messages WHERE owner_id = $1 AND conversation_id = $2 AND id ${dialect.isAmong('$3')}`,
    removed,
  );
  await session.query(
    `UPDATE conversations SET active_id = $3, message_count = $4, message_total = $5,
       revision = revision + 1
     WHERE owner_id = $1 AND id = $2`,
    [ownerId, id, storedEnd(end, left > 0), depth + systems, left + systems],
  );
  await markBranched(session, { ownerId, id }, end);
  await recordChange(session, dialect, {
    ownerId,
    conversationId: id,
    revision: revision + 1,
    time: Date.now(),
    event: { type: 'conversation.changed', changed: ['messages'] },
  });
  await eraseGenerations(session, ofMessages(dialect), removed);
  await removeImagesOf(session, dialect, { ownerId, conversationId: id, messageIds: gone });
}

/** Makes the newest message store its parent, unless it is the active end: see `MessageEntity.parentId`. */
export async function markBranched(
  session: SqlSession,
  { ownerId, id }: Subject,
  end: string | null,
): Promise<void> {
  await session.query(NEWEST_WITH_PARENT, [ownerId, id, end ?? '']);
}

const OWN = (alias: string) => `${alias}.owner_id = $1 AND ${alias}.conversation_id = $2`;

const NEWEST_WITH_PARENT = `
  UPDATE messages SET parent_id = COALESCE((
    SELECT CASE b.role WHEN 'system' THEN b.conversation_id ELSE b.id END FROM messages b
    WHERE ${OWN('b')} AND b.seq < messages.seq ORDER BY b.seq DESC LIMIT 1), conversation_id)
  WHERE id = (SELECT n.id FROM messages n WHERE ${OWN('n')} ORDER BY n.seq DESC LIMIT 1)
    AND id <> $3 AND parent_id IS NULL AND role <> 'system'`;
