import type { TitleSource } from '../../../domain/conversation.js';
import type { Expected } from '../../conversation-store.js';
import type { ChangedMeanwhile } from '../../conversation-results.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { toSummary, type HeadRow } from './conversation-rows.js';
import { SUMMARY } from './summary-sql.js';

/** Which conversation a change is for. */
export interface Subject {
  ownerId: string;
  id: string;
}

/** Why a change of it is not made. */
export type Refused = { outcome: 'not_found' } | ChangedMeanwhile;

/** What decides about a change, locked until the transaction ends. */
export interface LockedConversation {
  revision: number;
  title_by: TitleSource;
}

/**
 * Locks a conversation, so that no turn and no other change comes in between: what is read after this is
 * as it is when the change is written. Refused if it has none of the expected revisions.
 */
export async function lockConversation(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, id }: Subject,
  expected: Expected,
): Promise<LockedConversation | Refused> {
  const [row] = await session.query<LockedConversation>(
    `SELECT c.revision, c.title_by FROM conversations c WHERE c.owner_id = $1 AND c.id = $2
     ${dialect.lockRows('c', 'update')}`,
    [ownerId, id],
  );
  if (!row) return { outcome: 'not_found' };
  if (expected === null || expected.includes(row.revision)) return row;
  const [now] = await session.query<HeadRow>(SUMMARY, [ownerId, id]);
  return now
    ? { outcome: 'changed_meanwhile', conversation: toSummary(now) }
    : { outcome: 'not_found' };
}
