import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { systemCode } from '../../errors/system-code.js';
import { Semaphore } from '../../semaphore.js';
import { bodyTooLarge, invalidBody } from './body-errors.js';

interface Bounds {
  maxOutputLength: number;
  chunkSize: number;
}

type Expand = (bytes: Buffer, bounds: Bounds) => Promise<Buffer>;

const CODINGS = new Map<string, Expand>([
  ['gzip', promisify<Buffer, Bounds, Buffer>(gunzip)],
  ['x-gzip', promisify<Buffer, Bounds, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, Bounds, Buffer>(inflate)],
  ['br', promisify<Buffer, Bounds, Buffer>(brotliDecompress)],
]);

/** zlib's errors for invalid data; its other errors are failures of this process or host. */
const INVALID_DATA = /^(Z_(DATA|BUF)_ERROR$|Z_NEED_DICT$|ERR_.*FORMAT)/;

/**
 * File access and DNS lookups use the same four threads: decompression bombs must not occupy all of
 * them.
 */
const AT_ONCE = 2;
const CHUNK_BYTES = 64 * 1024;
const expansions = new Semaphore(AT_ONCE);

/**
 * `bytes` as they were before `Content-Encoding`, off the event loop. Stops at `maxBytes`. Rejects
 * with an `AppError` for invalid data.
 */
export async function decompress(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  if (!isCompressed(encoding)) return bytes;
  const coding = codingOf(encoding);
  const expand = CODINGS.get(coding);
  if (!expand) throw invalidBody('must be plain, gzip, deflate or br');
  const bounds = { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES };
  try {
    return await expansions.run(() => expand(bytes, bounds));
  } catch (error) {
    throw clientError(error, coding, maxBytes);
  }
}

/** Whether a `Content-Encoding` stands for anything. */
export function isCompressed(encoding: string | undefined): boolean {
  const coding = codingOf(encoding);
  return coding !== '' && coding !== 'identity';
}

function codingOf(encoding: string | undefined): string {
  return encoding?.trim().toLowerCase() ?? '';
}

function clientError(error: unknown, coding: string, maxBytes: number): unknown {
  const code = systemCode(error) ?? '';
  if (code === 'ERR_BUFFER_TOO_LARGE') return bodyTooLarge(maxBytes);
  if (INVALID_DATA.test(code)) {
    return invalidBody(`could not be decompressed as ${coding}: check Content-Encoding`);
  }
  return error;
}
