import { randomUUID } from 'node:crypto';
import type { Busy } from '../../conversation-results.js';
import { MAX_CLAIM_TRIES } from '../../rules/claim.js';
import { storeContended } from '../../store-errors.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { releaseConversation, reserveConversation } from '../generations/reservation.js';
import { lockConversation, type LockedConversation, type Subject } from './locked-conversation.js';

/**
 * Changes a conversation in a transaction during which no turn in it begins or goes on.
 *
 * @param change - is told whether the conversation is free, and changes nothing otherwise; null: a generation
 *   had it, and has ended since
 */
export async function changeReserved<Result>(
  database: SqlDatabase,
  subject: Subject,
  change: (session: SqlSession, isFree: boolean) => Promise<Result | null>,
): Promise<Result> {
  for (let attempt = 1; attempt <= MAX_CLAIM_TRIES; attempt += 1) {
    const result = await database.transaction(async (session) => {
      const key = randomUUID();
      const isFree = await reserveConversation(session, subject, key);
      const changed = await change(session, isFree);
      if (isFree) await releaseConversation(session, key);
      return changed;
    });
    if (result) return result;
  }
  throw storeContended();
}

/** The same for a change of any revision, which is made only where the conversation is there and free. */
export function changeIdle<Result>(
  database: SqlDatabase,
  subject: Subject,
  change: (session: SqlSession, locked: LockedConversation) => Promise<Result>,
): Promise<Result | Busy | { outcome: 'not_found' }> {
  return changeReserved<Result | Busy | { outcome: 'not_found' }>(
    database,
    subject,
    async (session, isFree) => {
      const locked = await lockConversation(session, database.dialect, subject, null);
      if ('outcome' in locked) return { outcome: 'not_found' };
      return isFree ? change(session, locked) : holderOf(session, subject);
    },
  );
}

/** Who has a conversation that is not free; null: it has ended since. */
async function holderOf(session: SqlSession, { ownerId, id }: Subject): Promise<Busy | null> {
  const [holder] = await session.query<{ public_id: string }>(
    'SELECT public_id FROM generations WHERE owner_id = $1 AND conversation_lock = $2',
    [ownerId, id],
  );
  return holder ? { outcome: 'busy', activeGenerationId: holder.public_id } : null;
}
