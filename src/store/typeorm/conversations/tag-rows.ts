import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import type { Subject } from './locked-conversation.js';

/** Writes the rows of a conversation's tags as its own row has them now. Part of a transaction. */
export async function writeTagRows(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id }: Subject,
): Promise<void> {
  await session.query(
    'DELETE FROM conversation_tags WHERE owner_id = $1 AND conversation_id = $2',
    [ownerId, id],
  );
  await session.query(
    `INSERT INTO conversation_tags (conversation_id, owner_id, tag, archived, pinned)
     SELECT c.id, c.owner_id, ${dialect.jsonText('t.value')}, c.archived, c.pinned
     FROM conversations c CROSS JOIN ${dialect.jsonElements('c.tags', 't')}
     WHERE c.owner_id = $1 AND c.id = $2`,
    [ownerId, id],
  );
}

/** Tags as a conversation's row has them. */
export function encodeTags(tags: readonly string[]): string | null {
  return tags.length === 0 ? null : JSON.stringify(tags);
}
