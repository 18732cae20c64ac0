import type { Expected } from '../../conversation-store.js';
import type { ChangedMeanwhile, DeleteResult } from '../../conversation-results.js';
import { recordChange } from '../changes/change-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { removeImagesOf } from '../images/image-removal.js';
import { ALL_OF_CONVERSATION, eraseGenerations } from '../generations/erasure.js';
import { requestStopOfDeleted } from '../generations/stop-requests.js';
import { noteDeletedChat } from './deleted-chats.js';
import { ofBothHalves } from './list-sql.js';
import { lockConversation, type Subject } from './locked-conversation.js';

/** The result of a removal, with the keys of the running generations that were asked to stop. */
export interface Removal {
  result: DeleteResult;
  stopped: string[];
}

/**
 * Deletes conversations. The order of locks (running generation, conversation, ended generations)
 * is that of commits and ends of turns: the second transaction waits and then sees the changes of
 * the first. Images come last.
 */
export class ConversationRemover {
  private readonly oldest: readonly string[];

  constructor(private readonly database: SqlDatabase) {
    const order = (alias: string) =>
      `ORDER BY ${alias}.updated_at, ${database.dialect.byBytes(`${alias}.id`)} DESC LIMIT 1`;
    const ofHalf = (condition: string, half: string) => `
      SELECT c.id, c.updated_at FROM conversations c
      WHERE c.owner_id = $1 AND c.id <> $2 AND ${condition} AND ${half}
        AND NOT EXISTS (SELECT 1 FROM generations g
          WHERE g.owner_id = c.owner_id AND g.conversation_lock = c.id)
      ${order('c')}`;
    const oldest = (condition: string) => `
      SELECT oldest.id FROM (${ofBothHalves((half) => ofHalf(condition, half))}) oldest
      ${order('oldest')}`;
    const disposable = ofHalf('c.disposable AND NOT c.pinned', 'TRUE');
    this.oldest = [disposable, oldest('NOT c.pinned'), oldest('c.pinned')];
  }

  remove(subject: Subject, expected: Expected): Promise<Removal> {
    return this.database.transaction(async (session) => {
      if (expected !== null) await session.query('SAVEPOINT before_removal');
      const running = await requestStopOfDeleted(session, subject.ownerId, subject.id);
      const refused = await this.refusal(session, subject, expected);
      if (refused) {
        await session.query('ROLLBACK TO SAVEPOINT before_removal');
        return { result: refused, stopped: [] };
      }
      const isRemoved = await removeRows(session, this.database.dialect, subject);
      await removeImages(session, this.database.dialect, subject);
      const isStaged = running.some(({ new_title: title }) => title !== null);
      if (running.some(({ new_chat_id: chatId }) => chatId !== null))
        await noteDeletedChat(session, subject, Date.now());
      const outcome = isRemoved || isStaged ? 'deleted' : 'not_found';
      return { result: { outcome }, stopped: running.map(({ key }) => key) };
    });
  }

  /** Several at once for one owner run one after the other, or each would remove one too many. */
  async removeOldest(ownerId: string, max: number, exceptId: string): Promise<string | null> {
    if ((await this.database.read((session) => count(session, ownerId))) <= max) return null;
    return this.database.transaction(async (session) => {
      const { dialect } = this.database;
      if (dialect.transactionLock !== null) await session.query(dialect.transactionLock, [ownerId]);
      if ((await count(session, ownerId)) <= max) return null;
      const id = await this.oldestOf(session, ownerId, exceptId);
      if (id === null || !(await removeLocked(session, dialect, { ownerId, id }))) return null;
      return id;
    });
  }

  private async oldestOf(
    session: SqlSession,
    ownerId: string,
    exceptId: string,
  ): Promise<string | null> {
    for (const statement of this.oldest) {
      const [row] = await session.query<{ id: string }>(statement, [ownerId, exceptId]);
      if (row) return row.id;
    }
    return null;
  }

  /** Only after its running generation is locked: that is the order of locks. */
  private async refusal(
    session: SqlSession,
    subject: Subject,
    expected: Expected,
  ): Promise<ChangedMeanwhile | null> {
    if (expected === null) return null;
    const locked = await lockConversation(session, this.database.dialect, subject, expected);
    return 'conversation' in locked ? locked : null;
  }
}

/** Removes a conversation in which nothing runs. Part of a transaction; false if it is not there. */
export async function removeLocked(
  session: SqlSession,
  dialect: Dialect,
  subject: Subject,
): Promise<boolean> {
  if (!(await removeRows(session, dialect, subject))) return false;
  await removeImages(session, dialect, subject);
  return true;
}

function removeImages(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id }: Subject,
): Promise<void> {
  return removeImagesOf(session, dialect, { ownerId, conversationId: id });
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
async function removeRows(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id }: Subject,
): Promise<boolean> {
  const [removed] = await session.query<{ revision: number; chat_id: string | null }>(
    'DELETE FROM conversations WHERE owner_id = $1 AND id = $2 RETURNING revision, chat_id',
    [ownerId, id],
  );
  if (!removed) return false;
  const time = Date.now();
  if (removed.chat_id !== null) await noteDeletedChat(session, { ownerId, id }, time);
  await eraseGenerations(session, ALL_OF_CONVERSATION, [ownerId, id]);
  await recordChange(session, dialect, {
    ownerId,
    conversationId: id,
    revision: removed.revision,
    time,
    event: { type: 'conversation.deleted' },
  });
  return true;
}
