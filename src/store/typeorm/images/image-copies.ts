import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { lockImages } from './image-removal.js';

/** Copies of messages of one conversation in another. */
export interface CopiedMessages {
  ownerId: string;
  from: string;
  to: string;
  /** JSON: an array of objects with the ids of a message, `from`, and of its copy, `id`. */
  copies: string;
}

/** Makes copies of messages use the images of the messages. Part of a transaction. */
export async function copyUses(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, from, to, copies }: CopiedMessages,
): Promise<void> {
  const some = 'SELECT 1 FROM image_uses WHERE owner_id = $1 AND conversation_id = $2 LIMIT 1';
  // Most conversations have none, and wait for no lock.
  if ((await session.query(some, [ownerId, from])).length === 0) return;
  await lockImages(session, dialect, ownerId);
  await session.query(
    `INSERT INTO image_uses (message_id, image_id, owner_id, conversation_id)
     SELECT copy.value ->> 'id', u.image_id, u.owner_id, CAST($3 AS varchar)
     FROM ${dialect.jsonElements('$4', 'copy')}
     CROSS JOIN image_uses u
     WHERE u.message_id = copy.value ->> 'from' AND u.owner_id = $1 AND u.conversation_id = $2`,
    [ownerId, from, to, copies],
  );
}
