import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { systemCode } from '../../errors/system-code.js';
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

/** What zlib says of bytes that are no such data; its other failures are the machine's. */
const NOT_THE_DATA = /^(Z_(DATA|BUF)_ERROR$|Z_NEED_DICT$|ERR_.*FORMAT)/;

/** Files and names are looked up on the same four threads: bombs must not take them all. */
const AT_ONCE = 2;
const CHUNK_BYTES = 64 * 1024;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * `bytes` as they were before `Content-Encoding`, off the event loop. Stops at `maxBytes`, however
 * much more there would be. Rejects with an `AppError` where the client is at fault.
 */
export async function decompress(
  bytes: Buffer,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const coding = encoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return bytes;
  const expand = CODINGS.get(coding);
  if (!expand) throw invalidBody('must be plain, gzip, deflate or br');
  await turn();
  try {
    return await expand(bytes, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES });
  } catch (error) {
    throw clientError(error, coding, maxBytes);
  } finally {
    leave();
  }
}

/** Resolves when fewer than `AT_ONCE` are expanded; first come, first served. */
async function turn(): Promise<void> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
}

/** Hands the place on to who waits longest. */
function leave(): void {
  const next = waiting.shift();
  if (next) next();
  else running -= 1;
}

function clientError(error: unknown, coding: string, maxBytes: number): unknown {
  const code = systemCode(error) ?? '';
  if (code === 'ERR_BUFFER_TOO_LARGE') return bodyTooLarge(maxBytes);
  if (NOT_THE_DATA.test(code)) {
    return invalidBody(`could not be decompressed as ${coding}: check Content-Encoding`);
  }
  return error;
}
