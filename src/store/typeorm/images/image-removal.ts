import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';

/**
 * Takes the lock of an owner's images until the transaction ends: what uses an image and what removes
 * it must see each other. Take it last: who waits for it may hold other locks, who has it waits for
 * none.
 */
export async function lockImages(
  session: SqlSession,
  { transactionLock }: Dialect,
  ownerId: string,
): Promise<void> {
  if (transactionLock !== null) await session.query(transactionLock, [`images ${ownerId}`]);
}

/** Uses that go: those of a conversation, or of some messages in it. */
export interface RemovedUses {
  ownerId: string;
  conversationId: string;
  messageIds?: readonly string[];
}

/** Removes uses, and the images that no message uses any more. Part of a transaction. */
export async function removeImagesOf(
  session: SqlSession,
  dialect: Dialect,
  { ownerId, conversationId, messageIds }: RemovedUses,
): Promise<void> {
  const parameters = [ownerId, conversationId, messageIds ? JSON.stringify(messageIds) : null];
  const condition = removedBy(dialect);
  const some = `SELECT 1 FROM image_uses ${condition} LIMIT 1`;
  // Most conversations have none, and wait for no lock.
  if ((await session.query(some, parameters)).length === 0) return;
  await lockImages(session, dialect, ownerId);
  const gone = await session.query<{ image_id: string }>(
    `DELETE FROM image_uses ${condition} RETURNING image_id`,
    parameters,
  );
  await removeUnused(session, dialect, ownerId, gone);
}

const removedBy = (dialect: Dialect) => `WHERE owner_id = $1 AND conversation_id = $2
  AND (CAST($3 AS text) IS NULL OR message_id ${dialect.isAmong('$3')})`;

/** Of images that lost a use, those that have none any more. Call it with the lock of the images. */
export async function removeUnused(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  gone: readonly { image_id: string }[],
): Promise<void> {
  if (gone.length === 0) return;
  const ids = [...new Set(gone.map((use) => use.image_id))];
  await session.query(
    `DELETE FROM images WHERE owner_id = $1 AND id ${dialect.isAmong('$2')}
       AND NOT EXISTS (SELECT 1 FROM image_uses u
         WHERE u.image_id = images.id AND u.owner_id = images.owner_id)`,
    [ownerId, JSON.stringify(ids)],
  );
}
