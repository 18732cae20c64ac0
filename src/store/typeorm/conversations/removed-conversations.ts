import { recordDeletions } from '../changes/change-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { eraseGenerations, ofConversations } from '../generations/erasure.js';
import { removeImagesOf } from '../images/image-removal.js';
import { noteDeletedChat } from './deleted-chats.js';

interface RemovedRow {
  id: string;
  revision: number;
  chat_id: string | null;
}

/** Removes conversations in which nothing runs, with all they have. Otherwise like `removeRows`. */
export async function removeConversations(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  ids: readonly string[],
): Promise<string[]> {
  const removed = await removeRows(session, dialect, ownerId, ids);
  if (removed.length === 0) return [];
  for (const conversationId of await withImages(session, dialect, ownerId, removed))
    await removeImagesOf(session, dialect, { ownerId, conversationId });
  return removed;
}

/**
 * Removes conversations, their messages, and their texts in ended generations, by the same statements
 * however many they are. Part of a transaction.
 *
 * @returns the ids of those that were there, in their order
 */
export async function removeRows(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await session.query<RemovedRow>(
    `DELETE FROM conversations WHERE owner_id = $1 AND id ${dialect.isAmong('$2')}
     RETURNING id, revision, chat_id`,
    [ownerId, JSON.stringify(ids)],
  );
  if (rows.length === 0) return [];
  // Told in the order in which they were asked for.
  rows.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  const removed = rows.map((row) => row.id);
  const time = Date.now();
  for (const row of rows)
    if (row.chat_id !== null) await noteDeletedChat(session, { ownerId, id: row.id }, time);
  await eraseGenerations(session, ofConversations(dialect), [ownerId, JSON.stringify(removed)]);
  await recordDeletions(session, dialect, ownerId, time, rows);
  return removed;
}

/** Those of the conversations that use images: most use none, and wait for no lock. */
async function withImages(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await session.query<{ conversation_id: string }>(
    `SELECT DISTINCT conversation_id FROM image_uses WHERE owner_id = $1
       AND conversation_id ${dialect.isAmong('$2')}`,
    [ownerId, JSON.stringify(ids)],
  );
  return rows.map((row) => row.conversation_id);
}
