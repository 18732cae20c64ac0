import type { ImageReading, NewImage } from '../domain/image.js';

/** A message that has an image, or will have it once its turn is committed. */
export interface ImageUse {
  ownerId: string;
  conversationId: string;
  messageId: string;
}

/**
 * Images of users' messages. The same bytes of an owner are stored once, for as long as a message
 * uses them: with a conversation, the images go that no other one uses. They are put before the
 * claim of their turn, so that no stored message lacks an image; those whose turn is never committed
 * are found by `sweep`.
 *
 * A store that cannot be reached throws `AppError('store_unavailable')`.
 */
export abstract class ImageStore {
  /**
   * Stores an image for a message, unless the owner's images would then take more than `maxBytes`;
   * then nothing of it is stored. An image that the owner has already takes no room. Repeatable, and
   * safe beside the removal of the same image: to repeat it keeps `sweep` from removing it.
   */
  abstract put(use: ImageUse, image: NewImage, maxBytes: number): Promise<'stored' | 'full'>;

  /** Takes back all images of a message that does not come about. */
  abstract release(use: ImageUse): Promise<void>;

  /** An image that a message of this conversation uses; null otherwise. */
  abstract read(
    ownerId: string,
    conversationId: string,
    imageId: string,
  ): Promise<ImageReading | null>;

  /** How many bytes the owner's images take. */
  abstract usedBytes(ownerId: string): Promise<number>;

  /**
   * Removes the images of messages that were put before `before` and neither exist nor can come
   * about: no generation runs in their conversation.
   */
  abstract sweep(before: number): Promise<void>;
}
