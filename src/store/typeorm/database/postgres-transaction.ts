import { isUnanswered } from './postgres-errors.js';
import { abandon, type PostgresSession } from './postgres-session.js';
import { isPooled } from './postgres-setup.js';

/** Limits of one transaction, in milliseconds; 0 is none. */
export interface TransactionLimits {
  statementMs: number;
  lockMs?: number;
}

/** All statements of the work, or none. */
export async function inTransaction<T>(
  session: PostgresSession,
  limits: TransactionLimits,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const { runner } = session;
  await runner.startTransaction();
  try {
    await limit(session, limits);
    const result = await work(session);
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // The connection may be what failed; the pool would hand it out again while it waits.
    if (isUnanswered(error)) abandon(session.client);
    else await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** What the session of a pooled connection cannot have, its transactions can. */
async function limit(
  session: PostgresSession,
  { statementMs, lockMs }: TransactionLimits,
): Promise<void> {
  if (isPooled(session.client))
    await session.query(
      `SELECT set_config('statement_timeout', $1, true),
         set_config('idle_in_transaction_session_timeout', $1, true)`,
      [String(statementMs)],
    );
  if (lockMs !== undefined)
    await session.query(`SELECT set_config('lock_timeout', $1, true)`, [String(lockMs)]);
}
