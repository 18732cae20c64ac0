import { Semaphore } from '../../common/semaphore.js';
import type { ImageReading, NewImage } from '../../domain/image.js';
import { ImageStore, type ImageUse } from '../image-store.js';
import { readPieces } from '../rules/images.js';
import type { MongoDatabase } from './database/mongo-database.js';
import { owned } from './documents/conversation-documents.js';
import { useDocument } from './documents/image-documents.js';
import { readPiece } from './images/image-content.js';
import { removeUses } from './images/image-removal.js';
import { sweepImages } from './images/image-sweep.js';
import { putImage, usedBytes } from './images/put-image.js';

/** Images that are stored at once: the others leave the connections to requests. */
const PUTS_AT_ONCE = 1;

/** Images in MongoDB: one document each, and their bytes in pieces beside them. */
export class MongoImageStore extends ImageStore {
  private readonly puts = new Semaphore(PUTS_AT_ONCE);

  constructor(private readonly database: MongoDatabase) {
    super();
  }

  put(use: ImageUse, image: NewImage, maxBytes: number): Promise<'stored' | 'full'> {
    return this.puts.run(() => this.database.use((all) => putImage(all, use, image, maxBytes)));
  }

  release({ ownerId, conversationId, messageId }: ImageUse): Promise<void> {
    const conversation = owned(ownerId, conversationId);
    return this.database.use((all) => removeUses(all, { conversation, messageId }));
  }

  async read(
    ownerId: string,
    conversationId: string,
    imageId: string,
  ): Promise<ImageReading | null> {
    const { image: _id, conversation } = useDocument(
      { ownerId, conversationId, messageId: '' },
      imageId,
    );
    const image = await this.database.read(async ({ images, imageUses }) => {
      const use = await imageUses.findOne({ conversation, image: _id });
      return use && images.findOne({ _id });
    });
    if (!image) return null;
    const { mediaType, bytes, content } = image;
    const pieces = readPieces(bytes, (place) =>
      this.database.read((all) => readPiece(all, content, place)),
    );
    return { mediaType, bytes, pieces };
  }

  usedBytes(ownerId: string): Promise<number> {
    return this.database.read((all) => usedBytes(all, ownerId));
  }

  sweep(before: number): Promise<void> {
    return this.database.use((all) => sweepImages(all, before));
  }
}
