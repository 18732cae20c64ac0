import type { Expected } from '../../conversation-store.js';
import type { ChangedMeanwhile, DeleteResult } from '../../conversation-results.js';
import { recordDeletions } from '../changes/change-rows.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { removeImagesOf } from '../images/image-removal.js';
import { requestStopOfDeleted } from '../generations/stop-requests.js';
import { noteDeletedChat } from './deleted-chats.js';
import { lockConversation, type Subject } from './locked-conversation.js';
import { removeRows } from './removed-conversations.js';

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
  constructor(private readonly database: SqlDatabase) {}

  remove(subject: Subject, expected: Expected): Promise<Removal> {
    return this.database.transaction(async (session) => {
      if (expected !== null) await session.query('SAVEPOINT before_removal');
      const running = await requestStopOfDeleted(session, subject.ownerId, subject.id);
      const refused = await this.refusal(session, subject, expected);
      if (refused) {
        await session.query('ROLLBACK TO SAVEPOINT before_removal');
        return { result: refused, stopped: [] };
      }
      const { dialect } = this.database;
      const { ownerId, id } = subject;
      const isRemoved = (await removeRows(session, dialect, ownerId, [id])).length > 0;
      await removeImagesOf(session, dialect, { ownerId, conversationId: id });
      const isStaged = running.some(({ new_title: title }) => title !== null);
      if (running.some(({ new_chat_id: chatId }) => chatId !== null))
        await noteDeletedChat(session, subject, Date.now());
      const outcome = isRemoved || isStaged ? 'deleted' : 'not_found';
      return { result: { outcome }, stopped: running.map(({ key }) => key) };
    });
  }

  /** See `ConversationStore.discard`. */
  discard(subject: Subject): Promise<boolean> {
    const { dialect } = this.database;
    const { ownerId, id } = subject;
    return this.database.transaction(async (session) => {
      const [removed] = await session.query<{ id: string; revision: number }>(UNTOUCHED, [
        ownerId,
        id,
      ]);
      if (!removed) return false;
      await recordDeletions(session, dialect, ownerId, Date.now(), [removed]);
      await removeImagesOf(session, dialect, { ownerId, conversationId: id });
      return true;
    });
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

const UNTOUCHED = `
  DELETE FROM conversations WHERE owner_id = $1 AND id = $2 AND revision = 1
    AND NOT EXISTS (SELECT 1 FROM generations g
      WHERE g.owner_id = conversations.owner_id AND g.conversation_lock = conversations.id)
  RETURNING id, revision`;
