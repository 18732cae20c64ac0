import type { ImageType } from '../../domain/image.js';

/** Bytes that are read where they are needed. */
export interface ImageBytes {
  /** The bytes from `start` up to `end`, as far as there are any. */
  read(start: number, end: number): Buffer;
}

/** What the header of an image says. */
export interface ImageHeader {
  type: ImageType;
  width: number;
  height: number;
}

/** The type that an image's first bytes say; null for none that is known. */
export function typeOf(data: ImageBytes): ImageType | null {
  const start = data.read(0, 12);
  if (start.subarray(0, 8).equals(PNG)) return 'image/png';
  if (start[0] === 0xff && start[1] === 0xd8 && start[2] === 0xff) return 'image/jpeg';
  if (ascii(start, 0, 4) === 'RIFF' && ascii(start, 8, 12) === 'WEBP') return 'image/webp';
  return null;
}

/** Type and size of an image; null where its header is not whole or says nonsense. */
export function headerOf(data: ImageBytes): ImageHeader | null {
  const type = typeOf(data);
  const size = type && SIZES[type](data);
  if (!type || !size || size.width === 0 || size.height === 0) return null;
  return { type, ...size };
}

interface Size {
  width: number;
  height: number;
}

const SIZES: Record<ImageType, (data: ImageBytes) => Size | null> = {
  'image/png': (data) => pngSize(data.read(0, 33)),
  'image/jpeg': jpegSize,
  'image/webp': (data) => webpSize(data.read(0, 30)),
};

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PNG_HEADER_LENGTH = 13;

/** `IHDR` comes first. */
function pngSize(start: Buffer): Size | null {
  if (start.length < 33 || ascii(start, 12, 16) !== 'IHDR') return null;
  if (start.readUInt32BE(8) !== PNG_HEADER_LENGTH) return null;
  return { width: start.readUInt32BE(16), height: start.readUInt32BE(20) };
}

/** Markers that begin a frame, which has the size; among them are three others. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Markers without a segment. */
const isAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
const FILL = 0xff;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** More than any camera writes before the frame. */
const MOST_SEGMENTS = 10_000;

/** The first frame; before it come segments with other things, a preview among them. */
function jpegSize(data: ImageBytes): Size | null {
  for (let at = 2, segments = 0; segments < MOST_SEGMENTS; segments += 1) {
    const segment = data.read(at, at + 9);
    if (segment.length < 9 || segment[0] !== 0xff) return null;
    const marker = segment[1] ?? 0;
    if (marker === FILL) at += 1;
    else if (isAlone(marker)) at += 2;
    else if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return null;
    else if (isFrame(marker))
      return { height: segment.readUInt16BE(5), width: segment.readUInt16BE(7) };
    else at += 2 + Math.max(2, segment.readUInt16BE(2));
  }
  return null;
}

/** Lossy, lossless, or a canvas with something before it; each says its size in its own way. */
function webpSize(start: Buffer): Size | null {
  const kind = ascii(start, 12, 16);
  if (start.length < (kind === 'VP8L' ? 25 : 30)) return null;
  switch (kind) {
    case 'VP8 ':
      if (start.readUIntBE(23, 3) !== 0x9d012a) return null;
      return { width: start.readUInt16LE(26) & 0x3fff, height: start.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      if (start[20] !== 0x2f) return null;
      const bits = start.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: start.readUIntLE(24, 3) + 1, height: start.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
}

function ascii(data: Buffer, from: number, to: number): string {
  return data.toString('latin1', from, to);
}
