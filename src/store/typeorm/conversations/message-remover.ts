import { randomUUID } from 'node:crypto';
import type { DeleteMessageResult, Expected } from '../../conversation-store.js';
import { MAX_CLAIM_TRIES } from '../../rules/claim.js';
import { MessageTree, type Node } from '../../rules/tree.js';
import { storeContended } from '../../store-errors.js';
import { recordChange } from '../changes/change-rows.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { eraseGenerations, ofMessages } from '../generations/erasure.js';
import { releaseConversation, reserveConversation } from '../generations/reservation.js';
import { removeImagesOf } from '../images/image-removal.js';
import { toNodes, type SkeletonRow, type SummaryRow } from './conversation-rows.js';
import { lockConversation, type Subject } from './locked-conversation.js';
import { SUMMARY } from './summary-sql.js';
import { SKELETON } from './window-sql.js';

/** Deletes messages with all that is below them. */
export class MessageRemover {
  constructor(private readonly database: SqlDatabase) {}

  async remove(
    subject: Subject,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult> {
    for (let attempt = 1; attempt <= MAX_CLAIM_TRIES; attempt += 1) {
      const result = await this.attempt(subject, messageId, expected);
      if (result) return result;
    }
    throw storeContended();
  }

  /** Null: a generation had the conversation, and has ended since. */
  private attempt(
    subject: Subject,
    messageId: string,
    expected: Expected,
  ): Promise<DeleteMessageResult | null> {
    return this.database.transaction(async (session) => {
      // No turn begins or goes on until the transaction ends.
      const key = randomUUID();
      const isFree = await reserveConversation(session, subject, key);
      const result = await this.removeIn(session, subject, messageId, expected, isFree);
      if (isFree) await releaseConversation(session, key);
      return result;
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
    const { ownerId, id } = subject;
    const nodes = toNodes(await session.query<SkeletonRow>(SKELETON, [ownerId, id]), id);
    const node = nodes.find((each) => each.id === messageId);
    if (!node) return { outcome: 'message_not_found' };
    if (node.role === 'system') return { outcome: 'system_prompt' };
    const [now] = await session.query<SummaryRow>(SUMMARY, [ownerId, id]);
    if (!isFree) {
      const activeGenerationId = now?.active_generation_id ?? null;
      return activeGenerationId === null ? null : { outcome: 'busy', activeGenerationId };
    }
    const count = await this.write(session, subject, nodes, {
      messageId,
      activeId: now?.active_message_id ?? null,
    });
    await recordChange(session, this.database.dialect, {
      ownerId,
      conversationId: id,
      revision: locked.revision + 1,
      time: Date.now(),
      event: { type: 'conversation.changed', changed: ['messages'] },
    });
    return { outcome: 'deleted', count };
  }

  private async write(
    session: SqlSession,
    { ownerId, id }: Subject,
    nodes: readonly Node[],
    { messageId, activeId }: { messageId: string; activeId: string | null },
  ): Promise<number> {
    const { dialect } = this.database;
    const tree = new MessageTree(nodes);
    const gone = tree.below(messageId).flatMap((place) => nodes[place]?.id ?? []);
    const end = tree.endWithout(messageId, activeId);
    const systems = nodes.filter(({ role }) => role === 'system').length;
    const removed = [ownerId, id, JSON.stringify(gone)];
    await session.query(
      `DELETE FROM messages WHERE owner_id = $1 AND conversation_id = $2 AND id IN (
         SELECT ${dialect.jsonText('m.value')} FROM ${dialect.jsonElements('$3', 'm')})`,
      removed,
    );
    await session.query(
      `UPDATE conversations SET active_id = $3, message_count = $4, message_total = $5,
         revision = revision + 1
       WHERE owner_id = $1 AND id = $2`,
      [
        ownerId,
        id,
        end,
        (end === null ? 0 : tree.pathTo(end).length) + systems,
        nodes.length - gone.length,
      ],
    );
    await eraseGenerations(session, ofMessages(dialect), removed);
    await removeImagesOf(session, dialect, { ownerId, conversationId: id, messageIds: gone });
    return gone.length;
  }
}
