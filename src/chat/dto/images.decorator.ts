import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow } from 'class-validator';
import { IMAGE_TYPES } from '../../domain/image.js';
import { base64Length, MAX_IMAGE_BYTES, MAX_IMAGES } from '../images/image-limits.js';

const TYPE_NAMES = IMAGE_TYPES.map((type) => type.slice('image/'.length)).join('|');
const MAX_LENGTH = base64Length(MAX_IMAGE_BYTES);
const BASE64 = '[A-Za-z0-9+/]+={0,2}$';

/**
 * Images of a message. They are taken over as they came, and looked at by `readImages`: the validators
 * work on the event loop, and these values may be a hundred megabytes.
 */
export function Images(): PropertyDecorator {
  return applyDecorators(
    Allow(),
    Transform(({ obj }: { obj: { images?: unknown } }) => obj.images),
    ApiProperty({
      required: false,
      nullable: true,
      type: 'array',
      maxItems: MAX_IMAGES,
      items: {
        anyOf: [
          {
            type: 'string',
            maxLength: MAX_LENGTH + 'data:image/jpeg;base64,'.length,
            pattern: `^data:image/(${TYPE_NAMES});base64,${BASE64}`,
          },
          {
            type: 'object',
            required: ['data', 'media_type'],
            additionalProperties: false,
            properties: {
              data: { type: 'string', maxLength: MAX_LENGTH, pattern: `^${BASE64}` },
              media_type: { type: 'string', enum: [...IMAGE_TYPES] },
            },
          },
        ],
      },
      example: null,
    }),
  );
}
