import { LargeText } from '../../common/http/body/large-text.js';
import { fieldError } from '../../common/validation/validation-error.js';
import { IMAGE_TYPES, isImageType, type NewImage } from '../../domain/image.js';
import { Base64Text } from './base64-text.js';
import { headerOf, typeOf, type ImageBytes } from './image-header.js';
import { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGES } from './image-limits.js';

/** An item of `images`, as the client wrote it. */
interface WrittenImage {
  mediaType: string;
  base64: Base64Text;
}

const SHAPE = 'must be a data URL, or an object with data in base64 and media_type';
const TYPES = `${IMAGE_TYPES.slice(0, -1).join(', ')} or ${IMAGE_TYPES.at(-1) ?? ''}`;
const DATA_URL = /^data:([^;,]*);base64,/i;
const LONGEST_HEAD = 64;
const KNOWN_FIELDS = new Set(['data', 'media_type']);

/**
 * The images of a request, decoded and looked at one after the other. Throws `validation` for the first
 * that is wrong, which the error names by its position.
 */
export async function readImages(value: unknown): Promise<NewImage[]> {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_IMAGES)
    throw fieldError('images', `images must be a list of at most ${MAX_IMAGES} images`);
  const images: NewImage[] = [];
  for (const [index, item] of value.entries())
    images.push(await readImage(item, `images[${index}]`));
  return images;
}

/** One of them, by the name of its place. */
export async function readImage(item: unknown, field: string): Promise<NewImage> {
  const { mediaType, base64 } = writtenImage(item, field);
  if (!isImageType(mediaType)) throw fieldError(field, `must have the media type ${TYPES}`);
  const { bytes } = base64;
  if (bytes > MAX_IMAGE_BYTES)
    throw fieldError(field, `must be at most ${MAX_IMAGE_BYTES / 1_000_000} MB`);
  if (typeOf(base64) !== mediaType)
    throw fieldError(field, 'must be the PNG, JPEG or WebP that its media type says');
  const id = await base64.sha256();
  if (id === null) throw fieldError(field, 'must be base64: padded, without white space');
  assertSize(base64, field);
  return { id, mediaType, bytes, pieces: () => base64.pieces() };
}

function assertSize(data: ImageBytes, field: string): void {
  const header = headerOf(data);
  if (!header) throw fieldError(field, 'must be a whole image: its header is broken');
  if (header.width * header.height > MAX_IMAGE_PIXELS)
    throw fieldError(field, `must have at most ${MAX_IMAGE_PIXELS / 1_000_000} megapixels`);
}

function writtenImage(item: unknown, field: string): WrittenImage {
  const text = textOf(item);
  if (text !== null) return fromDataUrl(text, field);
  if (typeof item !== 'object' || item === null) throw fieldError(field, SHAPE);
  const unknown = Object.keys(item).find((key) => !KNOWN_FIELDS.has(key));
  const { data, media_type: mediaType } = item as { data?: unknown; media_type?: unknown };
  const base64 = textOf(data);
  if (Array.isArray(item) || unknown !== undefined || base64 === null || !isShort(mediaType))
    throw fieldError(field, SHAPE);
  return { mediaType: typeNamed(mediaType), base64: new Base64Text(base64) };
}

function fromDataUrl(text: string | Buffer, field: string): WrittenImage {
  const start = typeof text === 'string' ? text.slice(0, LONGEST_HEAD) : firstOf(text);
  const [head, mediaType] = DATA_URL.exec(start) ?? [];
  if (head === undefined || mediaType === undefined) throw fieldError(field, SHAPE);
  const base64 = typeof text === 'string' ? text.slice(head.length) : text.subarray(head.length);
  return { mediaType: typeNamed(mediaType), base64: new Base64Text(base64) };
}

/** Many programs write `image/jpg`, which is no registered type, for JPEG. */
function typeNamed(mediaType: string): string {
  const type = mediaType.toLowerCase();
  return type === 'image/jpg' ? 'image/jpeg' : type;
}

const firstOf = (bytes: Buffer): string => bytes.toString('latin1', 0, LONGEST_HEAD);

/** A text, or the bytes of a large one; null for any other value. */
function textOf(value: unknown): string | Buffer | null {
  if (value instanceof LargeText) return value.bytes();
  return typeof value === 'string' ? value : null;
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_HEAD;
}
