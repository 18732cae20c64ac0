import type { ImageReference } from '../domain/conversation.js';
import type { NewImage } from '../domain/image.js';
import { readImage } from './images/read-images.js';

/**
 * The images of messages that a client keeps itself, as it names them in its request. They are held in
 * memory, once for equal bytes, and never stored.
 */
export class GivenImages {
  readonly all = new Map<string, NewImage>();

  /**
   * Takes a data URL, or an object with `data` in base64 and `media_type`. Throws `validation` for what is
   * no image that this service takes, which the error names by `field`.
   */
  async add(value: unknown, field: string): Promise<ImageReference> {
    const image = await readImage(value, field);
    this.all.set(image.id, image);
    const { id, mediaType, bytes } = image;
    return { id, mediaType, bytes };
  }
}
