import { Injectable } from '@nestjs/common';
import type { GivenImages } from '../chat/given-images.js';
import { AppError } from '../common/errors/app-error.js';
import type { ImageReference } from '../domain/conversation.js';
import { HistoryService } from '../history/history.service.js';
import { isDataUrl } from './given-fields.js';

/** The path of an image of this service, behind whatever host and prefix it is reached by. */
const OWN_IMAGE = /\/api\/history\/([0-9a-fA-F-]{36})\/images\/([0-9a-f]{64})$/;

/** Images of stored messages, which clients send again by the addresses that this service gave them. */
@Injectable()
export class OwnImages {
  constructor(private readonly history: HistoryService) {}

  /** Null for what is no address of an image of this service. Throws `image_not_found`. */
  async named(url: string, ownerId: string, images: GivenImages): Promise<ImageReference | null> {
    const [, conversationId, imageId] = isDataUrl(url) ? [] : (OWN_IMAGE.exec(url) ?? []);
    if (conversationId === undefined || imageId === undefined) return null;
    return this.stored(ownerId, conversationId.toLowerCase(), imageId, images);
  }

  /**
   * An image of a conversation. It is stored once more for its new message: its bytes are equal, so it
   * takes no room. Throws `image_not_found`.
   */
  async stored(
    ownerId: string,
    conversationId: string,
    imageId: string,
    images: GivenImages,
  ): Promise<ImageReference> {
    const { mediaType, bytes, pieces } = await this.history.image(ownerId, conversationId, imageId);
    if (!images.all.has(imageId)) {
      const read: Buffer[] = [];
      for await (const piece of pieces) read.push(piece);
      if (read.reduce((sum, { length }) => sum + length, 0) !== bytes)
        throw new AppError('image_not_found', 'Image not found');
      images.all.set(imageId, { id: imageId, mediaType, bytes, pieces: () => read });
    }
    return { id: imageId, mediaType, bytes };
  }
}
