import type { LargeTexts } from '../../common/http/body/body-limits.js';

/** Images of one message. */
export const MAX_IMAGES = 8;
/** Size of one image. */
export const MAX_IMAGE_BYTES = 10_000_000;
/** Width times height: a small file may say that it unfolds to gigabytes. */
export const MAX_IMAGE_PIXELS = 50_000_000;

/** `data:image/jpeg;base64,` and the quotes around. */
const AROUND = 64;

/** What images add to the largest body. */
export const IMAGE_TEXTS: LargeTexts = {
  field: 'images',
  maxBytes: MAX_IMAGES * (base64Length(MAX_IMAGE_BYTES) + AROUND),
};

/** Characters of base64 for so many bytes. */
export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
