import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ImageReference } from '../../domain/conversation.js';
import { IMAGE_TYPES } from '../../domain/image.js';

/** An image of a user's message. */
@ApiSchema({ name: 'Image' })
export class ImageDto {
  /**
   * SHA-256 of its bytes: equal images have equal ids.
   * @example "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
   */
  @ApiProperty({ type: String })
  id!: string;

  @ApiProperty({ type: String, enum: [...IMAGE_TYPES], example: 'image/png' })
  media_type!: string;

  /** Its size. */
  @ApiProperty({ type: 'integer', minimum: 1, example: 48_213 })
  bytes!: number;

  /** Where its bytes are, on this server. */
  @ApiProperty({
    type: String,
    example:
      '/api/history/a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8/images/2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  })
  url!: string;
}

/** The path of a conversation's images, for clients. */
export type ImagePath = string;

/** @param prefix as `forwardedPrefix` gives it */
export function imagePath(conversationId: string, prefix: string): ImagePath {
  return `${prefix}/api/history/${conversationId}/images/`;
}

export function toImageDtos(
  images: readonly ImageReference[] | null,
  path: ImagePath,
): ImageDto[] | null {
  return (
    images &&
    images.map(({ id, mediaType, bytes }) => ({
      id,
      media_type: mediaType,
      bytes,
      url: path + id,
    }))
  );
}
