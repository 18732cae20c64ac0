import type { SqlDatabase } from '../database/sql-database.js';
import { lockImages, removeUnused } from './image-removal.js';

const OLD = 'owner_id = $1 AND open_since < $2';
const IS_MESSAGE = `EXISTS (SELECT 1 FROM messages m WHERE m.id = image_uses.message_id)`;
const IS_BUSY = `EXISTS (SELECT 1 FROM generations g
  WHERE g.conversation_lock = image_uses.conversation_id AND g.owner_id = image_uses.owner_id)`;

/**
 * Decides about the images of messages that were put before a moment, as `verdictOn` says: each
 * statement sees a turn either running or committed.
 */
export async function sweepImages(database: SqlDatabase, before: number): Promise<void> {
  const owners = await database.read((session) =>
    session.query<{ owner_id: string }>(
      'SELECT DISTINCT owner_id FROM image_uses WHERE open_since < $1',
      [before],
    ),
  );
  for (const { owner_id: ownerId } of owners) await sweepOwner(database, ownerId, before);
}

function sweepOwner(database: SqlDatabase, ownerId: string, before: number): Promise<void> {
  const { dialect } = database;
  const parameters = [ownerId, before];
  return database.transaction(async (session) => {
    await lockImages(session, dialect, ownerId);
    const gone = await session.query<{ image_id: string }>(
      `DELETE FROM image_uses WHERE ${OLD} AND NOT ${IS_MESSAGE} AND NOT ${IS_BUSY}
       RETURNING image_id`,
      parameters,
    );
    await session.query(
      `UPDATE image_uses SET open_since = NULL WHERE ${OLD} AND ${IS_MESSAGE}`,
      parameters,
    );
    await removeUnused(session, dialect, ownerId, gone);
  });
}
