import { randomFillSync } from 'node:crypto';

const random = Buffer.alloc(16 * 256);
let used = random.length;

const text = Buffer.alloc(36);
const DIGITS = Buffer.from('0123456789abcdef');
const DASH = 0x2d;

let lastMs = 0;
let lastCount = 0;

/** Of 12 bits, so that a millisecond has room for as many again. */
const FIRST_COUNTS = 2 ** 11;
const COUNTS = 2 ** 12;

/**
 * A UUID of version 7: its first 48 bits are the time in milliseconds, the next ones count within a
 * millisecond, 62 are random. Those of one process are in the order in which they are made, so that rows
 * with such a key are written side by side in an index. It tells when it was made, and is no secret.
 */
export function orderedUuid(now = Date.now()): string {
  const bytes = nextRandom();
  if (now > lastMs) {
    lastMs = now;
    lastCount = bytes.readUInt16BE(6) % FIRST_COUNTS;
  } else if ((lastCount += 1) === COUNTS) {
    // The clock stands still or went back: time is borrowed.
    lastMs += 1;
    lastCount = 0;
  }
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | lastCount, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return textOf(bytes);
}

/** In one piece: V8 keeps a text that was put together in an object for each of its parts. */
function textOf(bytes: Buffer): string {
  let at = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text[at++] = DASH;
    const byte = bytes[index] ?? 0;
    text[at++] = DIGITS[byte >> 4] ?? 0;
    text[at++] = DIGITS[byte & 0x0f] ?? 0;
  }
  return text.toString('latin1');
}

/** Sixteen bytes that were not used before. */
function nextRandom(): Buffer {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, used + 16);
  used += 16;
  return bytes;
}
