import { Injectable } from '@nestjs/common';
import type { GivenImages } from '../../chat/given-images.js';
import { fieldError } from '../../common/validation/validation-error.js';
import type { ImageReference } from '../../domain/conversation.js';
import { isDataUrl } from '../given-fields.js';
import { OwnImages } from '../own-images.js';
import type { UiMessage } from './ui-request.js';

const MOST_IMAGES = 8;

/** Reads the files of messages: images, as data URLs or as this service names them. */
@Injectable()
export class UiImages {
  constructor(private readonly own: OwnImages) {}

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
    const own = typeof url === 'string' ? await this.own.named(url, ownerId, images) : null;
    if (own) return own;
    if (typeof url !== 'string' || !isDataUrl(url))
      throw fieldError(field, 'url must be a data URL of an image, or an image of this service');
    return images.add(url, field);
  }
}
