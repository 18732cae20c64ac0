import { Injectable } from '@nestjs/common';
import { GivenImages } from '../../chat/given-images.js';
import { AppError } from '../../common/errors/app-error.js';
import { fieldError } from '../../common/validation/validation-error.js';
import type { ImageReference } from '../../domain/conversation.js';
import { HistoryService } from '../../history/history.service.js';
import type { UiMessage } from './ui-request.js';

const MOST_IMAGES = 8;
/** The path of an image of this service, behind whatever host and prefix it is reached by. */
const OWN_IMAGE = /\/api\/history\/([0-9a-fA-F-]{36})\/images\/([0-9a-f]{64})$/;

/** Reads the files of messages: images, as data URLs or as this service names them. */
@Injectable()
export class UiImages {
  constructor(private readonly history: HistoryService) {}

  /** Null where the message has none. Throws `validation`, `image_not_found`. */
  async of(
    message: UiMessage,
    ownerId: string,
    images: GivenImages,
  ): Promise<ImageReference[] | null> {
    const found: ImageReference[] = [];
    for (const [index, part] of message.parts.entries()) {
      if (part['type'] !== 'file') continue;
      const field = `${message.field}.parts[${index}].url`;
      if (found.length === MOST_IMAGES)
        throw fieldError(field, `a message must have at most ${MOST_IMAGES} images`);
      found.push(await this.image(part['url'], field, ownerId, images));
    }
    return found.length === 0 ? null : found;
  }

  private async image(
    url: unknown,
    field: string,
    ownerId: string,
    images: GivenImages,
  ): Promise<ImageReference> {
    const own = typeof url === 'string' && !url.startsWith('data:') ? OWN_IMAGE.exec(url) : null;
    const [, conversationId, imageId] = own ?? [];
    if (conversationId !== undefined && imageId !== undefined)
      return this.ownImage(ownerId, conversationId.toLowerCase(), imageId, images);
    if (typeof url !== 'string' || !url.startsWith('data:'))
      throw fieldError(field, 'url must be a data URL of an image, or an image of this service');
    return images.add(url, field);
  }

  /** It is stored once more for its new message: its bytes are equal, so it takes no room. */
  private async ownImage(
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
