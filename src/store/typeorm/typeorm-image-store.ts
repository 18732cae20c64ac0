import type { ImageReading, NewImage } from '../../domain/image.js';
import { Semaphore } from '../../common/semaphore.js';
import { ImageStore, type ImageUse } from '../image-store.js';
import { fits, readPieces } from '../rules/images.js';
import type { SqlDatabase, SqlSession } from './database/sql-database.js';
import { lockImages, removeImagesOf } from './images/image-removal.js';
import { insertPiece, isThere } from './images/image-rows.js';
import { sweepImages } from './images/image-sweep.js';

/** Images that are stored at once: they wait for each other's owner with a connection in their hands. */
const PUTS_AT_ONCE = 1;

/** Images in the SQL database. */
export class TypeOrmImageStore extends ImageStore {
  private readonly puts = new Semaphore(PUTS_AT_ONCE);

  constructor(private readonly database: SqlDatabase) {
    super();
  }

  put(use: ImageUse, image: NewImage, maxBytes: number): Promise<'stored' | 'full'> {
    const { ownerId, conversationId, messageId } = use;
    const putIn = async (session: SqlSession): Promise<'stored' | 'full'> => {
      await lockImages(session, this.database.dialect, ownerId);
      if (!(await isThere(session, ownerId, image.id))) {
        if (!fits(await usedBytes(session, ownerId), image.bytes, maxBytes)) return 'full';
        await insertImage(session, ownerId, image);
      }
      await session.query(
        `INSERT INTO image_uses (message_id, image_id, owner_id, conversation_id, open_since)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (message_id, image_id) DO UPDATE SET open_since = excluded.open_since
           WHERE image_uses.open_since IS NOT NULL`,
        [messageId, image.id, ownerId, conversationId, Date.now()],
      );
      return 'stored';
    };
    return this.puts.run(() => this.database.transaction(putIn));
  }

  release({ ownerId, conversationId, messageId }: ImageUse): Promise<void> {
    const uses = { ownerId, conversationId, messageIds: [messageId] };
    return this.database.transaction((session) =>
      removeImagesOf(session, this.database.dialect, uses),
    );
  }

  async read(
    ownerId: string,
    conversationId: string,
    imageId: string,
  ): Promise<ImageReading | null> {
    const [image] = await this.database.read((session) =>
      session.query<{ media_type: string; bytes: number }>(
        `SELECT media_type, bytes FROM images WHERE id = $1 AND owner_id = $2
           AND EXISTS (SELECT 1 FROM image_uses u WHERE u.image_id = $1 AND u.owner_id = $2
             AND u.conversation_id = $3)`,
        [imageId, ownerId, conversationId],
      ),
    );
    if (!image) return null;
    const { media_type: mediaType, bytes } = image;
    const pieces = readPieces(bytes, (place) => this.piece(ownerId, imageId, place));
    return { mediaType, bytes, pieces };
  }

  usedBytes(ownerId: string): Promise<number> {
    return this.database.read((session) => usedBytes(session, ownerId));
  }

  sweep(before: number): Promise<void> {
    return sweepImages(this.database, before);
  }

  private async piece(ownerId: string, imageId: string, place: number): Promise<Buffer | null> {
    const [piece] = await this.database.read((session) =>
      session.query<{ data: Buffer }>(
        'SELECT data FROM image_pieces WHERE image_id = $1 AND owner_id = $2 AND place = $3',
        [imageId, ownerId, place],
      ),
    );
    return piece?.data ?? null;
  }
}

/** Summed on an index. */
async function usedBytes(session: SqlSession, ownerId: string): Promise<number> {
  const [row] = await session.query<{ used: string | number }>(
    'SELECT COALESCE(SUM(bytes), 0) AS used FROM images WHERE owner_id = $1',
    [ownerId],
  );
  return Number(row?.used ?? 0);
}

async function insertImage(session: SqlSession, ownerId: string, image: NewImage): Promise<void> {
  const { id, mediaType, bytes } = image;
  await session.query(
    'INSERT INTO images (id, owner_id, media_type, bytes) VALUES ($1, $2, $3, $4)',
    [id, ownerId, mediaType, bytes],
  );
  let place = 0;
  for (const piece of image.pieces()) {
    await insertPiece(session, { ownerId, id }, place, piece);
    place += 1;
  }
}
