import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { removeImagesOf } from '../images/image-removal.js';
import { requestStopOfDeleted } from '../generations/stop-requests.js';

/** The result of a removal, with the keys of the running generations that were asked to stop. */
export interface Removal {
  removed: boolean;
  stopped: string[];
}

/**
 * Deletes conversations. The order of locks (running generation, conversation, ended generations)
 * is that of commits and ends of turns: the second transaction waits and then sees the changes of
 * the first. Images come last.
 */
export class ConversationRemover {
  private readonly oldest: string;

  constructor(private readonly database: SqlDatabase) {
    this.oldest = `
      SELECT c.id FROM conversations c
      WHERE c.owner_id = $1 AND c.id <> $2 AND NOT EXISTS (
        SELECT 1 FROM generations g
        WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id)
      ORDER BY c.updated_at, ${database.dialect.byBytes('c.id')} DESC LIMIT 1`;
  }

  remove(ownerId: string, id: string): Promise<Removal> {
    return this.database.transaction(async (session) => {
      const running = await requestStopOfDeleted(session, ownerId, id);
      const removed = await removeRows(session, ownerId, id);
      await removeImagesOf(session, this.database.dialect, { ownerId, conversationId: id });
      const staged = running.some(({ new_title: title }) => title !== null);
      return { removed: removed || staged, stopped: running.map(({ key }) => key) };
    });
  }

  /** Several at once for one owner run one after the other, or each would remove one too many. */
  async removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    if ((await this.database.read((session) => count(session, ownerId))) <= max) return null;
    return this.database.transaction(async (session) => {
      const { dialect } = this.database;
      if (dialect.transactionLock !== null) await session.query(dialect.transactionLock, [ownerId]);
      if ((await count(session, ownerId)) <= max) return null;
      const [oldest] = await session.query<{ id: string }>(this.oldest, [ownerId, exceptId]);
      if (!oldest || !(await removeRows(session, ownerId, oldest.id))) return null;
      await removeImagesOf(session, dialect, { ownerId, conversationId: oldest.id });
      return oldest.id;
    });
  }
}

/** The owner's conversations, counted on an index. */
async function count(session: SqlSession, ownerId: string): Promise<number> {
  const [row] = await session.query<{ count: string | number }>(
    'SELECT COUNT(*) AS count FROM conversations WHERE owner_id = $1',
    [ownerId],
  );
  return Number(row?.count ?? 0);
}

/** Removes the conversation, its messages, and its texts in ended generations. */
async function removeRows(session: SqlSession, ownerId: string, id: string): Promise<boolean> {
  const removed = await session.query(
    'DELETE FROM conversations WHERE owner_id = $1 AND id = $2 RETURNING id',
    [ownerId, id],
  );
  if (removed.length === 0) return false;
  await session.query(
    `UPDATE generations SET conversation_deleted = TRUE, response = '', parts = NULL, new_title = NULL,
       system_content = NULL, user_content = NULL, staged_messages = NULL
     WHERE owner_id = $1 AND conversation_id = $2 AND finished_at IS NOT NULL`,
    [ownerId, id],
  );
  await session.query(
    `DELETE FROM generation_log WHERE generation_key IN (SELECT key FROM generations
       WHERE owner_id = $1 AND conversation_id = $2 AND finished_at IS NOT NULL)`,
    [ownerId, id],
  );
  return true;
}
