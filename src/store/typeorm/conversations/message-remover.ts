import type { Expected } from '../../conversation-store.js';
import type { DeleteMessageResult, TakeOutResult } from '../../conversation-results.js';
import { MessageTree } from '../../rules/tree.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { toNodes, type SkeletonRow, type SummaryRow } from './conversation-rows.js';
import { lockConversation, type Subject } from './locked-conversation.js';
import { removeMessages } from './removed-messages.js';
import { changeIdle, changeReserved } from './reserved-change.js';
import { SUMMARY } from './summary-sql.js';
import { rehang } from './rehung-messages.js';
import { SKELETON } from './window-sql.js';

/** Removes messages, with all that is below them or without it. */
export class MessageRemover {
  constructor(private readonly database: SqlDatabase) {}

  remove(subject: Subject, messageId: string, expected: Expected): Promise<DeleteMessageResult> {
    return changeReserved(this.database, subject, (session, isFree) =>
      this.removeIn(session, subject, messageId, expected, isFree),
    );
  }

  takeOut(subject: Subject, messageIds: readonly string[]): Promise<TakeOutResult> {
    return changeIdle(this.database, subject, async (session, { revision }) => {
      const { rows, tree, systems, activeId } = await readTree(session, subject);
      const { tree: left, gone } = tree.without(messageIds);
      const taken: TakeOutResult = { outcome: 'taken_out', left: left.length - systems };
      if (gone.size === 0) return taken;
      const nearest = activeId === null ? null : (gone.get(activeId) ?? activeId);
      const end = nearest === null || left.placeOf(nearest) === -1 ? null : nearest;
      await rehang(session, this.database.dialect, subject, { rows, tree, left });
      await removeMessages(session, this.database.dialect, subject, {
        gone: [...gone.keys()],
        end,
        depth: end === null ? 0 : left.depthOf(end),
        left: taken.left,
        systems,
        revision,
      });
      return taken;
    });
  }

  private async removeIn(
    session: SqlSession,
    subject: Subject,
    messageId: string,
    expected: Expected,
    isFree: boolean,
  ): Promise<DeleteMessageResult | null> {
    const locked = await lockConversation(session, this.database.dialect, subject, expected);
    if ('conversation' in locked && isFree)
      // What is reserved here does not run.
      return { ...locked, conversation: { ...locked.conversation, activeGenerationId: null } };
    if ('outcome' in locked) return locked;
    const { rows, tree, systems, activeId, activeGenerationId } = await readTree(session, subject);
    const row = rows[tree.placeOf(messageId)];
    if (!row) return { outcome: 'message_not_found' };
    if (row.role === 'system') return { outcome: 'system_prompt' };
    if (!isFree)
      return activeGenerationId === null ? null : { outcome: 'busy', activeGenerationId };
    const gone = tree.below(messageId).flatMap((place) => tree.idAt(place) ?? []);
    const end = tree.endWithout(messageId, activeId);
    await removeMessages(session, this.database.dialect, subject, {
      gone,
      end,
      depth: end === null ? 0 : tree.depthOf(end),
      left: tree.length - systems - gone.length,
      systems,
      revision: locked.revision,
    });
    return { outcome: 'deleted', count: gone.length };
  }
}

/** All messages of a locked conversation, and what decides about their removal. */
async function readTree(session: SqlSession, { ownerId, id }: Subject) {
  const rows = await session.query<SkeletonRow>(SKELETON, [ownerId, id]);
  const [now] = await session.query<SummaryRow>(SUMMARY, [ownerId, id]);
  return {
    rows,
    tree: new MessageTree(toNodes(rows, id)),
    systems: rows[0]?.role === 'system' ? 1 : 0,
    activeId: now?.active_message_id ?? null,
    activeGenerationId: now?.active_generation_id ?? null,
  };
}
