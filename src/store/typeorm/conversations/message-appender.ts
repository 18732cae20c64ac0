import type { StagedMessage } from '../../../domain/generation.js';
import type { AppendResult } from '../../conversation-results.js';
import { givenMessage } from '../../rules/given-message.js';
import { recordChange } from '../changes/change-rows.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { depthOf, SYSTEM_COUNT, TOTAL } from './count-sql.js';
import type { SummaryRow } from './conversation-rows.js';
import { insertedMessage, insertMessagesSql } from './inserted-messages.js';
import type { Subject } from './locked-conversation.js';
import { changeIdle } from './reserved-change.js';
import { SUMMARY } from './summary-sql.js';

/** Where the next message of the active branch goes. */
interface NextPlace {
  /** The end of the branch, else the top. */
  parentId: string;
  /** Its depth. */
  depth: number;
  /** The highest number, and what a message without a parent of its own would follow. */
  seq: number;
  before: string;
}

/** Adds messages without a turn. */
export class MessageAppender {
  private readonly insert: string;

  constructor(private readonly database: SqlDatabase) {
    this.insert = insertMessagesSql(database.dialect);
  }

  append(subject: Subject, messages: readonly StagedMessage[], now: number): Promise<AppendResult> {
    const { ownerId, id } = subject;
    return changeIdle(this.database, subject, async (session, { revision }) => {
      const next = await nextPlace(session, subject);
      const rows = placed(messages, next);
      const end = rows.at(-1)?.id ?? next.parentId;
      await session.query(this.insert, [ownerId, id, JSON.stringify(rows)]);
      await session.query(ADDED, [ownerId, id, now, end, next.depth + rows.length, rows.length]);
      await recordChange(session, this.database.dialect, {
        ownerId,
        conversationId: id,
        revision: revision + 1,
        time: now,
        event: { type: 'conversation.changed', changed: ['messages'] },
      });
      return { outcome: 'appended' };
    });
  }
}

function placed(messages: readonly StagedMessage[], { parentId, depth, seq, before }: NextPlace) {
  return messages.map((message, n) => {
    const follows = messages[n - 1]?.id ?? parentId;
    return insertedMessage(givenMessage(message, follows), {
      seq: seq + 1 + n,
      parentId: n > 0 || parentId === before ? null : parentId,
      depth: depth + 1 + n,
    });
  });
}

async function nextPlace(session: SqlSession, { ownerId, id }: Subject): Promise<NextPlace> {
  const [now] = await session.query<SummaryRow>(SUMMARY, [ownerId, id]);
  const parentId = now?.active_message_id ?? id;
  const [row] = await session.query<{ depth: string | number; seq: number; before: string }>(
    NEXT_PLACE,
    [ownerId, id, parentId],
  );
  return {
    parentId,
    depth: Number(row?.depth ?? 0),
    seq: row?.seq ?? 0,
    before: row?.before ?? id,
  };
}

/** Nothing where there is no message. Parameters: owner, conversation, the end of the active branch. */
const NEXT_PLACE = `
  SELECT n.seq, CASE n.role WHEN 'system' THEN n.conversation_id ELSE n.id END AS before,
    ${depthOf('$3', { owner: '$1', conversation: '$2' })} AS depth
  FROM messages n WHERE n.owner_id = $1 AND n.conversation_id = $2 ORDER BY n.seq DESC LIMIT 1`;

/** Parameters: owner, conversation, time, end of the active branch, its depth, how many were added. */
const ADDED = `
  UPDATE conversations SET updated_at = $3, active_id = $4, system_count = ${SYSTEM_COUNT},
    message_count = CAST($5 AS integer) + ${SYSTEM_COUNT},
    message_total = ${TOTAL} + CAST($6 AS integer), revision = revision + 1
  WHERE owner_id = $1 AND id = $2`;
