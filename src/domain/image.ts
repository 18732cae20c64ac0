import type { ImageReference } from './conversation.js';

/** The types of images that are taken, as their media types. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;

export type ImageType = (typeof IMAGE_TYPES)[number];

export function isImageType(mediaType: string): mediaType is ImageType {
  return IMAGE_TYPES.some((type) => type === mediaType);
}

/**
 * Size of the pieces in which images are handled: many whole ones in memory would leave it in pieces.
 * A multiple of three, so that pieces in base64 are a whole in base64.
 */
export const IMAGE_PIECE_BYTES = 240 * 1024;

/** An image before it is stored. */
export interface NewImage extends ImageReference {
  /** Its bytes in pieces of `IMAGE_PIECE_BYTES`, the last one smaller; made when they are asked for. */
  pieces(): Iterable<Buffer>;
}

/** A stored image that is read piece by piece: slow readers must not hold many whole images in memory. */
export interface ImageReading {
  readonly mediaType: string;
  /** Its size. */
  readonly bytes: number;
  /** In order; can be iterated once. Fails if the image is removed meanwhile. */
  readonly pieces: AsyncIterable<Buffer>;
}
