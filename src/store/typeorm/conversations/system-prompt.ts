import type { SystemPrompt } from '../../conversation-store.js';
import type { SqlSession } from '../database/sql-database.js';
import type { Subject } from './locked-conversation.js';

/** How many system prompts there are after a change, and how many more than before. */
export interface SystemChange {
  count: 0 | 1;
  added: -1 | 0 | 1;
}

/** Id of the system prompt; null where there is none. */
export async function findSystem(
  session: SqlSession,
  { ownerId, id }: Subject,
): Promise<string | null> {
  const [first] = await session.query<{ id: string; role: string }>(
    `SELECT id, role FROM messages WHERE owner_id = $1 AND conversation_id = $2 ORDER BY seq LIMIT 1`,
    [ownerId, id],
  );
  return first?.role === 'system' ? first.id : null;
}

/**
 * Sets the system prompt of a conversation, or removes it. One that is there keeps its id and time. Part of
 * a transaction that has locked the conversation.
 */
export async function writeSystem(
  session: SqlSession,
  subject: Subject,
  system: SystemPrompt | null,
): Promise<SystemChange> {
  const present = await findSystem(session, subject);
  if (!system) {
    if (present === null) return { count: 0, added: 0 };
    await session.query('DELETE FROM messages WHERE id = $1', [present]);
    return { count: 0, added: -1 };
  }
  if (present === null) {
    await insertSystem(session, subject, system);
    return { count: 1, added: 1 };
  }
  await session.query('UPDATE messages SET content = $2 WHERE id = $1', [present, system.content]);
  return { count: 1, added: 0 };
}

/** Before all messages: a turn that is being committed goes on from the highest number. */
export async function insertSystem(
  session: SqlSession,
  { ownerId, id }: Subject,
  system: SystemPrompt,
): Promise<void> {
  await session.query(
    `INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status, depth)
     SELECT $3, CAST($1 AS varchar), CAST($2 AS varchar), COALESCE(MIN(m.seq), 1) - 1, 'system', $4,
       CAST($5 AS bigint), 'complete', 0
     FROM messages m WHERE m.owner_id = $1 AND m.conversation_id = $2`,
    [ownerId, id, system.id, system.content, system.createdAt],
  );
}
