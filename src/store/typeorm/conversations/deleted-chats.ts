import type { SqlSession } from '../database/sql-database.js';
import type { Subject } from './locked-conversation.js';

/** Notes that a conversation with a chat id is deleted: its id is not used again. */
export async function noteDeletedChat(
  session: SqlSession,
  { ownerId, id }: Subject,
  time: number,
): Promise<void> {
  await session.query(
    `INSERT INTO deleted_chats (owner_id, conversation_id, deleted_at) VALUES ($1, $2, $3)
     ON CONFLICT (owner_id, conversation_id) DO NOTHING`,
    [ownerId, id, time],
  );
}

/** For a conversation of this id that comes from elsewhere. */
export async function forgetDeletedChat(
  session: SqlSession,
  { ownerId, id }: Subject,
): Promise<void> {
  await session.query('DELETE FROM deleted_chats WHERE owner_id = $1 AND conversation_id = $2', [
    ownerId,
    id,
  ]);
}

export async function isDeletedChat(
  session: SqlSession,
  { ownerId, id }: Subject,
): Promise<boolean> {
  const rows = await session.query(
    `SELECT 1 AS deleted FROM deleted_chats WHERE owner_id = $1 AND conversation_id = $2
       AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.owner_id = $1 AND c.id = $2)`,
    [ownerId, id],
  );
  return rows.length > 0;
}
