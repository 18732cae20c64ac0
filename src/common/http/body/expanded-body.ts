import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../../errors/app-error.js';
import type { BodyLimits } from './body-limits.js';
import { decompress, isCompressed } from './decompress.js';
import { holdLargeBody } from './large-bodies.js';
import { LargeTextScanner } from './large-text-scanner.js';
import type { ReceivedBody } from './receive-body.js';

/** A body as it was before `Content-Encoding`. Rejects as `decompress` and `holdLargeBody` do. */
export async function expanded(
  { bytes, ranges }: ReceivedBody,
  { 'content-encoding': encoding }: IncomingHttpHeaders,
  { maxBytes, texts }: BodyLimits,
  response: ServerResponse,
): Promise<ReceivedBody> {
  if (!isCompressed(encoding)) return { bytes, ranges };
  const small = await decompress(bytes, encoding, maxBytes).catch((error: unknown) => {
    if (texts && isTooLarge(error)) return null;
    throw error;
  });
  if (small || !texts) return { bytes: small ?? bytes, ranges: null };
  await holdLargeBody(response);
  const large = await decompress(bytes, encoding, maxBytes + texts.maxBytes);
  const scanner = new LargeTextScanner(texts.field, maxBytes);
  await scan(scanner, large);
  return { bytes: large, ranges: scanner.ranges };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof AppError && error.reason === 'body_too_large';
}

const SLICE = 256 * 1024;

async function scan(scanner: LargeTextScanner, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += SLICE) {
    scanner.feed(bytes.subarray(at, at + SLICE));
    await nextTurn();
  }
}
