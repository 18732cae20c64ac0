import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

/** Real images of 16 by 12 pixels, as Pillow writes them, by a name for tests. */
export const PICTURES = {
  png: 'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAHklEQVR4nGPUsLnDgA1seeODVZwJqygeMKphpGgAADKRA0RK0Jm6AAAAAElFTkSuQmCC',
  jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wgARCAAMABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAwT/xAAVAQEBAAAAAAAAAAAAAAAAAAADBP/aAAwDAQACEAMQAAABhUlaj//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEAAQUCH//EABYRAAMAAAAAAAAAAAAAAAAAAAAEQf/aAAgBAwEBPwFSn//EABYRAAMAAAAAAAAAAAAAAAAAAAAEQf/aAAgBAgEBPwFuH//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEABj8CH//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEAAT8hH//aAAwDAQACAAMAAAAQU//EABURAQEAAAAAAAAAAAAAAAAAAMEA/9oACAEDAQE/EDb/xAAVEQEBAAAAAAAAAAAAAAAAAADBAP/aAAgBAgEBPxBy/8QAFBABAAAAAAAAAAAAAAAAAAAAIP/aAAgBAQABPxAf/9k=',
  webp: 'UklGRjgAAABXRUJQVlA4ICwAAACQAQCdASoQAAwAAsBMJaACdLoAA5gA/u0h+rHf+emOH+wDe8O/9CQafMAAAA==',
  'lossless webp': 'UklGRioAAABXRUJQVlA4TB0AAAAvD8ACAA9wCpQzcR+Fdv5jCWLBZP7SvSFE9D9yAQA=',
  'webp with alpha':
    'UklGRmIAAABXRUJQVlA4WAoAAAAQAAAADwAACwAAQUxQSA8AAAABDzD/ERHi/v8R/Q///38AVlA4ICwAAACQAQCdASoQAAwAAsBMJaACdLoAA5gA/u0h+rHf+emOH+wDe8O/9CQafMAAAA==',
} as const;

export type PictureName = keyof typeof PICTURES;

export function mediaTypeOf(name: PictureName): string {
  return `image/${name.includes('webp') ? 'webp' : name}`;
}

export function dataUrlOf(name: PictureName): string {
  return `data:${mediaTypeOf(name)};base64,${PICTURES[name]}`;
}

/** A PNG of this many pixels whose bytes no one has seen, as large as asked for. */
export function freshPng({ bytes = 1000, width = 16, height = 16 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(2, 9);
  const pixels = deflateSync(Buffer.alloc((16 * 3 + 1) * 16));
  const around = pngOf(header, pixels, Buffer.alloc(0)).length;
  return pngOf(header, pixels, randomBytes(Math.max(4, bytes - around)));
}

function pngOf(header: Buffer, pixels: Buffer, rest: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    // Private and ancillary: a reader passes over it.
    chunk('raNd', rest),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** As a request has it. */
export function dataUrl(data: Buffer, mediaType = 'image/png'): string {
  return `data:${mediaType};base64,${data.toString('base64')}`;
}
