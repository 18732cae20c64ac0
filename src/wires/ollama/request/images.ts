import type { ImageType } from '../../../domain/image.js';
import { wrong, type Field } from './fields.js';

/** An image as the chat feature takes it. */
export interface WrittenImage {
  data: string;
  media_type: ImageType;
}

/** How the base64 of each type begins: clients of Ollama send no more than the bytes. */
const BEGINNINGS: readonly [string, ImageType][] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['UklGR', 'image/webp'],
];

/** Throws `validation` for what cannot be one. */
export function writtenImage(field: Field): WrittenImage {
  const data = typeof field.value === 'string' ? field.value : '';
  const [, mediaType] = BEGINNINGS.find(([beginning]) => data.startsWith(beginning)) ?? [];
  if (!mediaType) throw wrong(field, 'must be a PNG, JPEG or WebP in base64');
  return { data, media_type: mediaType };
}
