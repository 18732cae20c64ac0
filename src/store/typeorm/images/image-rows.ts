import type { SqlSession } from '../database/sql-database.js';

/** An image of an owner. */
export interface OwnImage {
  ownerId: string;
  id: string;
}

export async function isThere(session: SqlSession, ownerId: string, id: string): Promise<boolean> {
  const rows = await session.query('SELECT 1 FROM images WHERE id = $1 AND owner_id = $2', [
    id,
    ownerId,
  ]);
  return rows.length > 0;
}

export async function insertPiece(
  session: SqlSession,
  { ownerId, id }: OwnImage,
  place: number,
  piece: Buffer,
): Promise<void> {
  await session.query(
    'INSERT INTO image_pieces (image_id, owner_id, place, data) VALUES ($1, $2, $3, $4)',
    [id, ownerId, place, piece],
  );
}
