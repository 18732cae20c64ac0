import type { SqlSession } from '../database/sql-database.js';

/**
 * Takes a conversation as a claim does, for the rest of a transaction: claims wait for it and then find it
 * free. The row that holds it must be removed by the same transaction, so that nobody ever sees it. False
 * where a generation has the conversation.
 */
export async function reserveConversation(
  session: SqlSession,
  { ownerId, id }: { ownerId: string; id: string },
  key: string,
): Promise<boolean> {
  const rows = await session.query(
    `INSERT INTO generations (key, owner_id, public_id, conversation_id, message_id, model, worker_id,
       on_disconnect, created_at, conversation_lock)
     VALUES ($1, $2, $1, $3, $1, '', '', 'cancel', 0, $3)
     ON CONFLICT DO NOTHING
     RETURNING key`,
    [key, ownerId, id],
  );
  return rows.length > 0;
}

export async function releaseConversation(session: SqlSession, key: string): Promise<void> {
  await session.query('DELETE FROM generations WHERE key = $1', [key]);
}
